import { ConfigError, type DescribedSetting } from '#config.ts'
import { lacksPassword } from '#lib/mail.ts'
import type { AddCommand, Shell } from './command.ts'
import { printJson, printRows } from './table.ts'

export const addConfig: AddCommand = (program, shell) => {
  const config = program.command('config').description('check and show the settings')
  config
    .command('check')
    .description('check the settings and list all problems; exit code 1 if there are any')
    .option('--json', 'print JSON: {ok, problems}')
    .action((options: { json?: boolean }) => check(shell, options))
  config
    .command('show')
    .description('show all settings and where they come from; secrets are masked')
    .option('--json', 'print JSON: an array of {name, value, from}')
    .action(({ json = false }: { json?: boolean }) => {
      const settings = shell.describeConfig()
      if (json) printJson(shell, settings)
      else printRows(shell, settings.map(rowOf))
    })
}

function check(shell: Shell, { json = false }: { json?: boolean }): void {
  let note = ''
  try {
    const { smtp } = shell.isForService() ? shell.readConfig() : shell.readServerConfig()
    if (smtp && lacksPassword(smtp)) note = ` ${PASSWORD_ELSEWHERE}`
  } catch (error) {
    if (json && error instanceof ConfigError) printJson(shell, { ok: false, problems: error.problems })
    throw error
  }
  if (json) printJson(shell, { ok: true, problems: [] })
  else shell.print(`The configuration is valid.${note}`)
}

const PASSWORD_ELSEWHERE = 'CRONGUARD_SMTP_PASSWORD is not set here. The service needs the credential smtp-password.'

function rowOf({ name, value, from }: DescribedSetting): string[] {
  return [name, value ?? '(none)', from]
}
