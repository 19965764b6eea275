// Reads TZif files of the time zone database (RFC 9636).
import { HOUR, SECOND } from './duration.ts'
import { nextOffsetChange, offsetByRule, readZoneRule, type UtcOffset, type ZoneRule } from './zone-rule.ts'

export interface ZoneFile {
  /** Changes of the UTC offset, oldest first. The first one is at -Infinity. */
  changes: { at: number; offsetMs: number }[]
  /** The rule after the last change. Null when the offset no longer changes. */
  rule: ZoneRule | null
}

interface Block {
  version: number
  timeSize: 4 | 8
  timeCount: number
  typeCount: number
  leapCount: number
  /** The position of its times. */
  start: number
  /** The position after its last byte. */
  end: number
}

const MAGIC = 0x54_5a_69_66
const HEADER_SIZE = 44
const TYPE_SIZE = 6
const NEWLINE = 10
/** No zone is further from UTC. */
export const OFFSET_MAX_MS = 26 * HOUR

/** Null when the bytes are not a TZif file, or the file counts leap seconds, which system clocks do not. */
export function readTzif(bytes: Uint8Array): ZoneFile | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const old = readHeader(view, { at: 0, timeSize: 4 })
  if (!old) return null
  if (old.version === 0) return fileOf(readChanges(view, old), null)
  // The next block repeats the data with 64-bit times. The rule follows it.
  const block = readHeader(view, { at: old.end, timeSize: 8 })
  const footer = block && readFooter(bytes, block.end)
  if (!block || footer === null) return null
  const rule = readZoneRule(footer)
  return rule || footer === '' ? fileOf(readChanges(view, block), rule) : null
}

export function offsetInFile({ changes, rule }: ZoneFile, at: number): UtcOffset {
  const last = changes[changes.length - 1] as { at: number }
  if (rule && at > last.at) return offsetByRule(rule, at)
  const index = changes.findLastIndex((change) => change.at <= at)
  const offsetMs = changes[index]?.offsetMs ?? 0
  const until = changes.find((change, later) => later > index && change.offsetMs !== offsetMs)?.at
  // The rule may take effect later than the last change, but then it starts with one of its own changes.
  const byRule = rule ? nextOffsetChange(rule, { after: last.at, offsetMs }) : Number.POSITIVE_INFINITY
  return { offsetMs, until: until ?? byRule }
}

function fileOf(changes: ZoneFile['changes'] | null, rule: ZoneRule | null): ZoneFile | null {
  return changes && { changes, rule }
}

function readHeader(view: DataView, { at, timeSize }: { at: number; timeSize: 4 | 8 }): Block | null {
  const start = at + HEADER_SIZE
  if (start > view.byteLength || view.getUint32(at) !== MAGIC) return null
  const count = (index: number) => view.getUint32(at + 20 + index * 4)
  const [utcCount, standardCount, leapCount] = [count(0), count(1), count(2)]
  const [timeCount, typeCount, characterCount] = [count(3), count(4), count(5)]
  const leaps = leapCount * (timeSize + 4)
  const size = timeCount * (timeSize + 1) + typeCount * TYPE_SIZE + characterCount + leaps + standardCount + utcCount
  const end = start + size
  return end > view.byteLength
    ? null
    : { version: view.getUint8(at + 4), timeSize, timeCount, typeCount, leapCount, start, end }
}

function readFooter(bytes: Uint8Array, start: number): string | null {
  const end = bytes.indexOf(NEWLINE, start + 1)
  if (bytes[start] !== NEWLINE || end === -1) return null
  return new TextDecoder('latin1').decode(bytes.subarray(start + 1, end))
}

function readChanges(view: DataView, block: Block): ZoneFile['changes'] | null {
  const { timeSize, timeCount, typeCount, leapCount, start } = block
  const typesAt = start + timeCount * (timeSize + 1)
  const offsets = Array.from({ length: typeCount }, (_, type) => view.getInt32(typesAt + type * TYPE_SIZE) * SECOND)
  const changes = [{ at: Number.NEGATIVE_INFINITY, offsetMs: offsets[0] ?? Number.NaN }]
  for (let index = 0; index < timeCount; index += 1) {
    const timeAt = start + index * timeSize
    const seconds = timeSize === 4 ? view.getInt32(timeAt) : Number(view.getBigInt64(timeAt))
    const type = view.getUint8(start + timeCount * timeSize + index)
    changes.push({ at: seconds * SECOND, offsetMs: offsets[type] ?? Number.NaN })
  }
  const isSound = changes.every(
    ({ at, offsetMs }, index) =>
      Math.abs(offsetMs) < OFFSET_MAX_MS && (index === 0 || at > (changes[index - 1]?.at ?? at)),
  )
  return isSound && leapCount === 0 ? changes : null
}
