import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of programs that channels may run. */
export class ProgramsFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'cronguard-programs-'))

  /** The variables that enable it. */
  get env(): Record<string, string> {
    return { CRONGUARD_SHELL: 'on', CRONGUARD_SHELL_DIR: this.path }
  }

  install(name: string, script: string): void {
    const path = join(this.path, name)
    writeFileSync(path, `#!/bin/sh\n${script}\n`)
    chmodSync(path, 0o755)
  }

  /** What a program wrote into a file. Empty if it didn't. */
  read(name: string): string {
    try {
      return readFileSync(join(this.path, name), 'utf8')
    } catch {
      return ''
    }
  }

  dispose(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
