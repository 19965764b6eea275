import { storedMailServer } from '#actions/mail-server.ts'
import { ConfigError, type DescribedSetting, MASK } from '#config.ts'
import type { AddCommand, Shell } from './command.ts'
import { inDatabase } from './doctor/database.ts'
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
      const settings = withMailServer(shell.describeConfig())
      if (json) printJson(shell, settings)
      else printRows(shell, settings.map(rowOf))
    })
}

function check(shell: Shell, { json = false }: { json?: boolean }): void {
  let note = ''
  try {
    const { smtp } = shell.isForService() ? shell.readConfig() : shell.readServerConfig()
    if (smtp && smtp.username !== null && smtp.password === null) note = ` ${PASSWORD_ELSEWHERE}`
  } catch (error) {
    if (json && error instanceof ConfigError) printJson(shell, { ok: false, problems: error.problems })
    throw error
  }
  if (json) printJson(shell, { ok: true, problems: [] })
  else shell.print(`The configuration is valid.${note}`)
}

const PASSWORD_ELSEWHERE = 'CRONGUARD_SMTP_PASSWORD is not set here. The service needs the credential smtp-password.'

// The settings of the Server page are shown under the names of the variables that would replace them.
function withMailServer(settings: DescribedSetting[]): DescribedSetting[] {
  const found = (name: string) => settings.find((setting) => setting.name === name)?.value ?? null
  if (found('CRONGUARD_SMTP_HOST') !== null) return settings
  const stored = inDatabase({ dataDir: found('CRONGUARD_DATA_DIR') ?? '' }, storedMailServer)
  if (stored === null) return settings
  const { host, port, security, username, from } = stored
  const values: Record<string, string | null> = {
    CRONGUARD_SMTP_HOST: host,
    CRONGUARD_SMTP_PORT: String(port),
    CRONGUARD_SMTP_SECURITY: security,
    CRONGUARD_SMTP_USERNAME: username,
    CRONGUARD_SMTP_PASSWORD: username === null ? null : MASK,
    CRONGUARD_SMTP_FROM: from,
  }
  return settings.map((setting) => {
    const value = values[setting.name]
    return value === undefined ? setting : { name: setting.name, value, from: 'server page' }
  })
}

function rowOf({ name, value, from }: DescribedSetting): string[] {
  return [name, value ?? '(none)', from]
}
