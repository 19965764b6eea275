import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const LIBRARIES = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib64/faketime/libfaketime.so.1',
]

/** Why a test of the clock of a real process is skipped; null where libfaketime is installed. */
export function whyNoFakeClock(): string | null {
  return LIBRARIES.some(existsSync) ? null : 'libfaketime is not on this machine'
}

/** The clock of a process, that can be put forward and back while it runs; its monotonic clock stays right. */
export class FakeClock {
  readonly #file: string

  constructor(folder: string) {
    this.#file = join(folder, 'clock')
    this.set(0)
  }

  /** What the process must be started with. */
  get env(): Record<string, string> {
    return {
      LD_PRELOAD: LIBRARIES.find(existsSync) ?? '',
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }
  }

  /** From now on it goes this far ahead; below zero: behind. */
  set(seconds: number): void {
    writeFileSync(this.#file, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}s\n`)
  }
}
