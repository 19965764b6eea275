import { settingsThatDiffer } from '#actions/server-settings.ts'
import { type Config, ConfigError, plainSettings } from '#config.ts'
import { SECOND } from '#lib/duration.ts'
import { AppError, messageOf } from '#lib/errors.ts'
import { asSentence } from '#lib/sentence.ts'
import { version } from '#package.json' with { type: 'json' }
import { isFolderTaken } from '#store/lock.ts'
import type { AddCommand, Shell } from './command.ts'
import { backups, channels, database, inDatabase, log, work } from './doctor/database.ts'
import { bad, type Check, type Finding, ok, warn } from './doctor/finding.ts'
import { access, clock, disk, folder, zones } from './doctor/machine.ts'
import { address, mail, server } from './doctor/network.ts'
import { printJson, printRows } from './table.ts'

export const addDoctor: AddCommand = (program, shell) => {
  program
    .command('doctor')
    .summary('check the installation and explain how to fix problems')
    .description(
      'check everything CronGuard needs, and explain how to fix problems. It changes nothing, sends no email, and ' +
        'works whether or not the server is running. The exit code is 1 if a check fails; warnings do not count.',
    )
    .option('--json', 'print JSON: an array of {name, state, says}; state is "ok", "warn" or "bad"')
    .action((options: { json?: boolean }) => runChecks(shell, options))
}

/** In this order, because later checks depend on earlier ones. */
const CHECKS: Record<string, Check> = {
  folder,
  access,
  disk,
  database,
  log,
  clock,
  server,
  work,
  mail,
  channels,
  backups,
  address,
  zones,
  version: () => ok(`CronGuard ${version}, Bun ${Bun.version}, ${process.platform} ${process.arch}.`),
}

/** Longer than the timeout for a mail server. */
const CHECK_TIMEOUT_MS = 30 * SECOND

interface NamedFinding extends Finding {
  name: string
}

async function runChecks(shell: Shell, { json = false }: { json?: boolean }): Promise<void> {
  const findings = await findingsOf(shell)
  if (json) printJson(shell, findings)
  else {
    const rows = findings.map(({ name, state, says }) => [state, name, says])
    printRows(shell, rows, ([state]) => COLORS[state as Finding['state']])
  }
  const count = findings.filter(({ state }) => state === 'bad').length
  if (count > 0) throw new AppError('conflict', count === 1 ? '1 check failed.' : `${count} checks failed.`)
}

const COLORS = { ok: undefined, warn: 'yellow', bad: 'red' } as const

// With invalid settings, nothing else can be checked.
async function findingsOf(shell: Shell): Promise<NamedFinding[]> {
  try {
    const config = shell.readConfig()
    const findings: NamedFinding[] = []
    for (const [name, check] of Object.entries(CHECKS)) findings.push({ name, ...(await finding(check, config)) })
    return [{ name: 'settings', ...settingsBeside(config, shell) }, ...findings]
  } catch (error) {
    if (error instanceof ConfigError) {
      return [{ name: 'settings', ...bad(`Invalid: ${error.problems.join('; ')}.`) }]
    }
    throw error
  }
}

// The other checks use the settings of this command, which may differ from those of the server.
function settingsBeside(config: Config, shell: Shell): Finding {
  const differing = isFolderTaken(config.dataDir)
    ? (inDatabase(config, (db) => settingsThatDiffer(db, plainSettings(shell.describeConfig()))) ?? [])
    : []
  if (differing.length === 0) return ok('Valid. `cronguard config show` lists them.')
  return warn(
    `These settings differ from those of the running server: ${differing.join(', ')}. The checks below use the ` +
      "settings of this command. Run it with the server's environment.",
  )
}

const PERMISSION_DENIED = /^E(ACCES|PERM)\b/
const RUN_AS_SERVICE_USER = 'This user lacks permission. Run the command as the service user'

async function finding(check: Check, config: Config): Promise<Finding> {
  try {
    return await Promise.race([check(config), timeOut()])
  } catch (error) {
    if (PERMISSION_DENIED.test(messageOf(error))) return bad(`${RUN_AS_SERVICE_USER} (${messageOf(error)}).`)
    return bad(asSentence(messageOf(error).trim()))
  }
}

async function timeOut(): Promise<Finding> {
  await Bun.sleep(CHECK_TIMEOUT_MS)
  return bad(`No answer within ${CHECK_TIMEOUT_MS / SECOND} seconds.`)
}
