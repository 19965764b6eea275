import { version } from '#package.json' with { type: 'json' }
import type { AddCommand } from './command.ts'

export const addVersion: AddCommand = (program, shell) => {
  program
    .command('version')
    .description('print the version')
    .action(() => shell.print(version))
}
