import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const LIBRARIES = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib64/faketime/libfaketime.so.1',
]

/** The reason why tests with the clock of a real process are skipped; null if libfaketime is installed. */
export function whyNoFakeClock(): string | null {
  return LIBRARIES.some(existsSync) ? null : 'libfaketime is not installed'
}

/** The clock of a process, which can be set while it runs; its monotonic clock stays correct. */
export class FakeClock {
  readonly #file: string

  constructor(folder: string) {
    this.#file = join(folder, 'clock')
    this.set(0)
  }

  /** The environment for the process. */
  get env(): Record<string, string> {
    return {
      LD_PRELOAD: LIBRARIES.find(existsSync) ?? '',
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }
  }

  /** Sets the clock this far ahead of the true time, or behind it if negative. */
  set(seconds: number): void {
    writeFileSync(this.#file, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}s\n`)
  }
}
