import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Mounts a disk in memory. Throws with the message of the system. */
export function mount(at: string, bytes: number): void {
  run('mkdir -p "$0" && mount -t tmpfs -o size="$1" tmpfs "$0"', at, String(bytes))
}

/** `ro` makes the disk read-only, `rw` writable. */
export function remount(at: string, mode: 'ro' | 'rw'): void {
  run('mount -o remount,"$1" "$0"', at, mode)
}

export function unmount(at: string): void {
  Bun.spawnSync(['umount', '-l', at])
}

/** Fills a disk of up to `bytes` with one file. */
export function fill(path: string, bytes: number): void {
  for (let size = bytes; size >= 4096; size = Math.floor(size / 2)) {
    try {
      writeFileSync(path, new Uint8Array(size), { flag: 'a' })
    } catch {
      // Half as much may still fit.
    }
  }
}

/** The reason why no disk can be mounted; null if one can. */
export function whyNoDisk(): string | null {
  const at = mkdtempSync(join(tmpdir(), 'cronguard-mount-'))
  try {
    mount(at, 1_000_000)
    unmount(at)
    return null
  } catch (error) {
    return `none can be mounted here: ${error instanceof Error ? error.message : error}`
  } finally {
    rmSync(at, { recursive: true, force: true })
  }
}

function run(script: string, ...args: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(['sh', '-c', script, ...args])
  if (exitCode !== 0) throw new Error(stderr.toString().trim())
}
