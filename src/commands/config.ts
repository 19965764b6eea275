import type { DescribedSetting } from '#config.ts'
import type { AddCommand } from './command.ts'
import { printJson, printRows } from './table.ts'

export const addConfig: AddCommand = (program, shell) => {
  const config = program.command('config').description('the settings that CronGuard is started with')
  config
    .command('check')
    .description('say everything that is wrong with the settings; exit code 1 when something is')
    .action(() => {
      shell.readConfig()
      shell.print('The configuration is fine.')
    })
  config
    .command('show')
    .description('show every setting and where it comes from; secrets are masked')
    .option('--json', 'print JSON: an array of {name, value, from}')
    .action(({ json = false }: { json?: boolean }) => {
      const settings = shell.describeConfig()
      if (json) printJson(shell, settings)
      else printRows(shell, settings.map(rowOf))
    })
}

function rowOf({ name, value, from }: DescribedSetting): string[] {
  return [name, value ?? '(none)', from]
}
