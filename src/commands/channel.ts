import { testChannel, updateChannel } from '#actions/channels.ts'
import { awaitsConfirmation } from '#actions/confirmations.ts'
import { projectOf } from '#actions/projects.ts'
import { withDeps } from '#app.ts'
import { channelTitle, findKind } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import { type Channel, type ChannelReport, type MonitorChoice, scopeTags } from '#domain/channel.ts'
import type { Project } from '#domain/project.ts'
import { systemClock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { asSentence } from '#lib/sentence.ts'
import { findUserByEmail } from '#store/accounts.ts'
import { findChannelReport, listChannelReports, listChannels } from '#store/channels.ts'
import { countMonitorsOfProject } from '#store/monitor-lists.ts'
import { rulesInWords, rulesOnWire } from '#words/channel-rules.ts'
import { coverageInWords } from '#words/channel-scope.ts'
import { addRuleOptions, type RuleOptions, readRules } from './channel-rules.ts'
import type { AddCommand, Shell } from './command.ts'
import { findMonitor } from './named-monitor.ts'
import { isoOrNull, printJson, printTable } from './table.ts'

interface Options {
  project?: string
  json?: boolean
}

interface UpdateOptions extends Options, RuleOptions {
  monitors?: string
}

const MONITORS_HELP =
  '"all" (including new ones), "none", "tag:TAG" (several separated by commas), or monitors: names, slugs or keys ' +
  'separated by commas'

export const addChannel: AddCommand = (program, shell) => {
  const channel = program.command('channel').description('list, test and update channels')
  channel
    .command('list')
    .description('list the channels of a project, without their secrets')
    .argument('<email>', 'a member of the project')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option(
      '--json',
      'print JSON: an array of {id, name, kind, to, enabled, confirmed, failing_since, scope, scope_tags, monitors, ' +
        'events, quiet_hours, delay, weekly_test}',
    )
    .action((email: string, options: Options) => list(shell, { email, ...options }))
  const updated = channel
    .command('update')
    .description('choose the monitors that a channel notifies about, what it notifies of, and when')
    .argument('<email>', 'a member of the project')
    .argument('<channel>', 'channel ID or name')
    .option('--monitors <which>', MONITORS_HELP)
  addRuleOptions(updated)
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option('--json', 'print JSON: {id, channel, scope, scope_tags, monitors, events, quiet_hours, delay, weekly_test}')
    .action((email: string, meant: string, options: UpdateOptions) => update(shell, { email, meant, ...options }))
  channel
    .command('test')
    .description('send a test notification; exit code 1 if it fails')
    .argument('<email>', 'a member of the project')
    .argument('<channel>', 'channel ID or name')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option('--json', 'print JSON: {channel, result, detail}; result is "sent", "logged" or "failed"')
    .action((email: string, meant: string, options: Options) => sendTest(shell, { email, meant, ...options }))
}

async function list(shell: Shell, { email, project = undefined, json = false }: Options & { email: string }) {
  await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
    const { id } = projectOf(deps, { email, name: project ?? null })
    const channels = listChannelReports(deps.db, id).map(({ channel, monitors, failingSince }) => ({
      id: channel.id,
      name: channel.name,
      kind: channel.kind,
      to: summaryOf(channel),
      enabled: channel.disabledAt === null,
      confirmed: !awaitsConfirmation(deps, channel),
      failing_since: isoOrNull(failingSince),
      scope: channel.scope.is,
      scope_tags: scopeTags(channel.scope),
      monitors,
      ...rulesOnWire(channel.rules),
    }))
    if (json) return printJson(shell, channels)
    const stateOf = ({ enabled, confirmed, failing_since: since }: (typeof channels)[number]): string =>
      !enabled
        ? 'disabled'
        : !confirmed
          ? 'waiting for confirmation'
          : since === null
            ? 'enabled'
            : `failing since ${since}`
    const rows = channels.map((one) => [one.id, one.kind, channelTitle(one), one.to, stateOf(one)])
    printTable(shell, {
      head: ['ID', 'KIND', 'NAME', 'TO', 'STATE'],
      rows,
      otherwise: 'No channels yet. No one gets notified.',
      colorOf: ([, , , , state]) => (state?.startsWith('failing') ? 'red' : undefined),
    })
  })
}

async function update(
  shell: Shell,
  { email, meant, project, monitors, json = false, ...options }: UpdateOptions & { email: string; meant: string },
) {
  await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
    const found = projectOf(deps, { email, name: project ?? null })
    const { id: channelId } = channelByIdOrName(listChannels(deps.db, found.id), meant)
    const rules = readRules(options, findUserByEmail(deps.db, email)?.timeZone ?? 'UTC')
    if (monitors === undefined && Object.keys(rules).length === 0) {
      throw new AppError('invalid', 'Nothing to change. Use --monitors, --events, --delay or --quiet-hours.')
    }
    updateChannel(deps, {
      ref: { projectId: found.id, channelId },
      monitors: monitors === undefined ? undefined : readChoice(deps, found, monitors),
      rules,
    })
    const report = findChannelReport(deps.db, channelId)
    if (!report) return
    const { channel } = report
    if (!json) {
      const rulesText = rulesInWords(channel.rules).map((rule) => ` ${rule}.`)
      return shell.print(`${channelTitle(channel)} notifies about ${coverageOf(deps, report)}.${rulesText.join('')}`)
    }
    printJson(shell, {
      id: channel.id,
      channel: channelTitle(channel),
      scope: channel.scope.is,
      scope_tags: scopeTags(channel.scope),
      monitors: report.monitors,
      ...rulesOnWire(channel.rules),
    })
  })
}

function readChoice({ db }: Deps, project: Project, which: string): MonitorChoice {
  const names = which.split(',').map((name) => name.trim())
  if (which === 'all') return { is: 'all' }
  if (which === 'none') return { is: 'these', monitorIds: [] }
  if (!names.every((name) => name.startsWith('tag:'))) {
    return { is: 'these', monitorIds: names.map((name) => findMonitor(db, project, name).id) }
  }
  return { is: 'tag', tags: names.map((name) => name.slice('tag:'.length)) }
}

function coverageOf({ db }: Deps, { channel, monitors }: ChannelReport): string {
  return coverageInWords(channel.scope, { used: monitors, total: countMonitorsOfProject(db, channel.projectId) })
}

async function sendTest(shell: Shell, { email, meant, project, json }: Options & { email: string; meant: string }) {
  await withDeps({ config: shell.readConfig(), clock: systemClock }, async (deps) => {
    const { id: projectId } = projectOf(deps, { email, name: project ?? null })
    const channels = listChannelReports(deps.db, projectId).map(({ channel }) => channel)
    const channel = channelByIdOrName(channels, meant)
    const { result, detail } = await testChannel(deps, { projectId, channelId: channel.id })
    if (json) printJson(shell, { channel: channelTitle(channel), result, detail })
    if (result === 'failed') throw new AppError('conflict', `Could not send the test: ${asSentence(detail)}`)
    if (!json) shell.print(`Test ${result}: ${asSentence(detail)}`)
  })
}

/** The channel with this id or shown name. Throws not_found, and conflict when several have the name. */
export function channelByIdOrName(channels: readonly Channel[], meant: string): Channel {
  const [channel, another] = channels.filter((one) => one.id === meant || channelTitle(one) === meant)
  if (channel === undefined) throw new AppError('not_found', `No channel has the ID or name ${meant}.`)
  if (another) throw new AppError('conflict', `Several channels are named ${meant}. Use the ID instead.`)
  return channel
}

function summaryOf({ kind: name, settings }: Channel): string {
  const kind = findKind(name)
  const read = kind?.settings.safeParse(settings)
  return kind && read?.success ? kind.summary(read.data) : ''
}
