// Creates files of a time zone database, for tests.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

interface TzifSpec {
  /** Of UTC, in seconds. The first one holds before the first change. */
  offsets: number[]
  /** When the clocks are changed, in seconds, and to which of the offsets. */
  changes?: [at: number, offset: number][]
  footer?: string
  version?: 1 | 2 | 3 | 4
  /** Whether the old block tells everything too, as old programs need it, or nothing. */
  isFat?: boolean
  leapSeconds?: number
}

export function tzif({ footer = '', version = 2, isFat = false, ...spec }: TzifSpec): Uint8Array {
  const nothing = { offsets: [0] }
  const old = block(version === 1 || isFat ? spec : nothing, { version, timeSize: 4 })
  return version === 1 ? old : Buffer.concat([old, block(spec, { version, timeSize: 8 }), Buffer.from(`\n${footer}\n`)])
}

const folders: string[] = []

/** A new folder in which each zone has these bytes. */
export function zoneFolder(files: Record<string, Uint8Array | string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'cronguard-zones-'))
  folders.push(folder)
  for (const [zone, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, zone)), { recursive: true })
    writeFileSync(join(folder, zone), bytes)
  }
  return folder
}

export function removeZoneFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
}

type Format = { version: number; timeSize: 4 | 8 }

function block({ offsets, changes = [], leapSeconds = 0 }: TzifSpec, { version, timeSize }: Format): Buffer {
  const names = Buffer.from('CRG\0')
  const header = Buffer.alloc(44)
  header.write(version === 1 ? 'TZif' : `TZif${version}`)
  const counts = [0, 0, leapSeconds, changes.length, offsets.length, names.length]
  for (const [index, count] of counts.entries()) header.writeUInt32BE(count, 20 + index * 4)
  const times = changes.map(([at]) => number(at, timeSize))
  const types = offsets.map((offset) => Buffer.concat([number(offset, 4), Buffer.from([0, 0])]))
  const leaps = Buffer.alloc(leapSeconds * (timeSize + 4))
  return Buffer.concat([header, ...times, Buffer.from(changes.map(([, offset]) => offset)), ...types, names, leaps])
}

function number(value: number, size: 4 | 8): Buffer {
  const bytes = Buffer.alloc(size)
  if (size === 4) bytes.writeInt32BE(value)
  else bytes.writeBigInt64BE(BigInt(value))
  return bytes
}
