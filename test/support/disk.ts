import { mkdtempSync, rmSync } from 'node:fs'
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
