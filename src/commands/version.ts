import { version } from '#package.json' with { type: 'json' }
import type { AddCommand } from './command.ts'
import { printJson } from './table.ts'

export const addVersion: AddCommand = (program, shell) => {
  program
    .command('version')
    .description('print the version')
    .option('--json', 'print JSON: {version, platform, arch, bun}')
    .action(({ json = false }: { json?: boolean }) => {
      const { platform, arch } = process
      if (json) printJson(shell, { version, platform, arch, bun: Bun.version })
      else shell.print(version)
    })
}
