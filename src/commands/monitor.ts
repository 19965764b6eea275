import { type Command, InvalidArgumentError } from 'commander'
import { deleteMonitor, pauseMonitor, resumeMonitor, saveMonitor, updateMonitor } from '#actions/monitors.ts'
import { projectOf } from '#actions/projects.ts'
import { withDeps } from '#app.ts'
import type { Deps } from '#deps.ts'
import type { Channel } from '#domain/channel.ts'
import { expectedAt } from '#domain/lifecycle.ts'
import { freeSlug, type Monitor, shownName, slugify } from '#domain/monitor.ts'
import { changeOf } from '#domain/monitor-settings.ts'
import type { Project } from '#domain/project.ts'
import { DAILY, defaultGraceMs, isSameSchedule, requireFuture, type Schedule } from '#domain/schedule.ts'
import { readSchedule, type ScheduleInput } from '#domain/schedule-input.ts'
import { shownStatus } from '#domain/status.ts'
import { systemClock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { currentZoneName } from '#lib/zone-names.ts'
import { listChannels, listChannelsOfMonitor } from '#store/channels.ts'
import { listSlugs } from '#store/monitor-lists.ts'
import { listMonitors } from '#store/monitors.ts'
import { NO_NAME, slugTaken } from '#words/monitor-problems.ts'
import { scheduleInWords } from '#words/schedule.ts'
import { channelByIdOrName } from './channel.ts'
import type { Color } from './color.ts'
import type { AddCommand, Shell } from './command.ts'
import { confirm } from './confirm.ts'
import { addSettingOptions, readSettingOptions } from './monitor-options.ts'
import { findMonitor, shortKey } from './named-monitor.ts'
import { isoOrNull, printJson, printTable } from './table.ts'

interface Options {
  project?: string
  json?: boolean
}

/** Besides the settings of `monitor-options.ts`. */
interface SettingOptions extends Options {
  schedule?: string
  tz?: string
  channels?: string
}

interface NewMonitorOptions extends Omit<SettingOptions, 'project'> {
  project: Project
  name: string
}

const SCHEDULE_HELP = 'in words, or as a cron or OnCalendar expression'
const ZONE_HELP = 'time zone of the schedule'
const CHANNELS_HELP = 'channels to notify: "all", "none", or IDs or names separated by commas'
const NEW_CHANNELS_HELP = `${CHANNELS_HELP} (default: the channels for all monitors or for its tags)`

export const addMonitor: AddCommand = (program, shell) => {
  const monitor = program.command('monitor').description('manage monitors')
  const on = (name: string, description: string): Command =>
    monitor
      .command(name)
      .description(description)
      .argument('<email>', 'a member of the project')
      .option('--project <name>', 'project name or ID (default: the first one)')
  const said = '<monitor>'
  const about = 'monitor name, slug, ping key or unique key'
  on('list', "list a project's monitors")
    .option('--json', 'print JSON: an array of {name, slug, unique_key, status, schedule, last_ping, due, ping_url}')
    .action((email: string, { json = false, ...options }: Options) =>
      inProject(shell, { email, ...options }, (deps, project) => {
        const monitors = listMonitors(deps.db, project.id).map((monitor) => describe(deps, monitor))
        if (json) printJson(shell, monitors)
        else printMonitors(shell, monitors)
      }),
    )
  const adding = on('add', 'create a monitor and print its ping URL')
    .argument('<name>', 'monitor name')
    .option('--schedule <text>', SCHEDULE_HELP, 'every day')
    .option('--tz <zone>', ZONE_HELP, 'UTC')
    .option('--channels <which>', NEW_CHANNELS_HELP, readChannels)
    .option('--json', 'print JSON: {name, slug, ping_url, ...}')
    .action((email: string, name: string, options: SettingOptions) =>
      inProject(shell, { email, ...options }, (deps, project) => {
        const described = describe(deps, add(deps, shell, { ...options, name, project }))
        if (options.json) printJson(shell, described)
        else shell.print(described.ping_url)
      }),
    )
  addSettingOptions(adding, ['name'])
  const updating = on('update', "change a monitor's settings")
    .argument(said, about)
    .option('--schedule <text>', SCHEDULE_HELP)
    .option('--tz <zone>', ZONE_HELP)
    .option('--channels <which>', CHANNELS_HELP, readChannels)
    .option('--json', 'print JSON: {name, slug, ping_url, ...}')
    .action((email: string, meant: string, options: SettingOptions) =>
      inProject(shell, { email, ...options }, (deps, project) => {
        const updated = update(deps, findMonitor(deps.db, project, meant), options)
        if (options.json) printJson(shell, describe(deps, updated))
        else shell.print(`${shownName(updated)} updated.`)
      }),
    )
  addSettingOptions(updating)
  const act = (name: string, description: string, work: (deps: Deps, monitor: Monitor) => string): void => {
    on(name, description)
      .argument(said, about)
      .action((email: string, meant: string, options: Options) =>
        inProject(shell, { email, ...options }, (deps, project) =>
          shell.print(work(deps, findMonitor(deps.db, project, meant))),
        ),
      )
  }
  act('pause', 'pause a monitor; it does not alert until it is resumed or pinged', (deps, found) => {
    pauseMonitor(deps, found)
    return `${shownName(found)} paused.`
  })
  act('resume', 'resume a paused monitor; it goes down if no ping arrives in time', (deps, found) => {
    const { deadlineAt } = resumeMonitor(deps, found, 'armed')
    const rule = deadlineAt === null ? '' : ` It goes down if no ping arrives by ${isoOrNull(deadlineAt)}.`
    return `${shownName(found)} resumed.${rule}`
  })
  on('rm', 'delete a monitor and its history; asks for confirmation')
    .argument(said, about)
    .option('--yes', 'do not ask for confirmation')
    .action((email: string, meant: string, options: RemoveOptions) => remove(shell, { email, meant, ...options }))
}

interface RemoveOptions extends Options {
  yes?: boolean
}

async function remove(shell: Shell, { meant, yes = false, ...options }: RemoveOptions & MeantMonitor): Promise<void> {
  await inProject(shell, options, async (deps, project) => {
    const found = findMonitor(deps.db, project, meant)
    const count = found.pingCount === 1 ? '1 ping' : `${found.pingCount.toLocaleString('en')} pings`
    const loss = `This deletes the monitor "${shownName(found)}" in "${project.name}" with its history (${count}).`
    await confirm(shell, { loss, yes })
    deleteMonitor(deps, found)
    shell.print(`${shownName(found)} deleted.`)
  })
}

interface MeantMonitor {
  email: string
  meant: string
}

async function inProject(
  shell: Shell,
  { email, project: name = null }: { email: string; project?: string | null },
  work: (deps: Deps, project: Project) => void | Promise<void>,
): Promise<void> {
  await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) =>
    work(deps, projectOf(deps, { email, name })),
  )
}

const COLORS: Record<string, Color> = { down: 'red', late: 'yellow' }

function printMonitors(shell: Shell, monitors: ReturnType<typeof describe>[]): void {
  const rows = monitors.map(({ status, name, slug, unique_key: key, schedule, last_ping: lastPing, due }) => [
    status,
    name,
    slug === '' ? '-' : slug,
    shortKey(key),
    schedule,
    lastPing ?? '-',
    due ?? '-',
  ])
  printTable(shell, {
    head: ['STATUS', 'NAME', 'SLUG', 'KEY', 'SCHEDULE', 'LAST PING', 'DUE'],
    rows,
    otherwise: 'No monitors yet. Add one with `cronguard monitor add`.',
    colorOf: ([status]) => COLORS[status ?? ''],
  })
}

function add(deps: Deps, shell: Shell, { project, ...options }: NewMonitorOptions): Monitor {
  const given = readSettings(deps, project, options)
  const schedule = readScheduleOptions(deps, DAILY, options)
  const { graceMs = defaultGraceMs(schedule, deps.clock.now()), name = '' } = given
  const slug = freeSlug(slugify(name), takenSlugs(deps, project.id))
  const { monitor } = saveMonitor(deps, {
    projectId: project.id,
    match: null,
    change: { ...changeOf({ slug, earlyMs: null, ...given, graceMs }), schedule },
    ...wantedChannels(deps, project.id, options),
  })
  if (listChannelsOfMonitor(deps.db, monitor.id).length === 0)
    shell.tell('No one gets notified: no channel covers this monitor.')
  return monitor
}

function update(deps: Deps, monitor: Monitor, options: SettingOptions): Monitor {
  const given = readSettings(deps, { id: monitor.projectId }, options, monitor)
  const { schedule, tz, channels } = options
  if (Object.keys(given).length === 0 && [schedule, tz, channels].every((one) => one === undefined)) {
    throw new AppError('invalid', 'Pass at least one setting to change. `cronguard monitor update --help` lists them.')
  }
  return updateMonitor(deps, {
    ref: monitor,
    change: { ...changeOf(given), schedule: readScheduleOptions(deps, monitor.schedule, options) },
    ...wantedChannels(deps, monitor.projectId, options),
  })
}

// A slug that two monitors share works for neither.
function readSettings(deps: Deps, project: { id: string }, options: SettingOptions, monitor?: Monitor) {
  const given = readSettingOptions(options)
  if (given.name === '') throw new AppError('invalid', NO_NAME)
  const taken = takenSlugs(deps, project.id, monitor)
  if (given.slug !== undefined && taken.has(given.slug)) {
    throw new AppError('invalid', slugTaken(freeSlug(given.slug, taken)))
  }
  return given
}

function takenSlugs({ db }: Deps, projectId: string, monitor?: Monitor): ReadonlySet<string> {
  return new Set(listSlugs(db, { projectId, exceptId: monitor?.id ?? null }))
}

function readScheduleOptions({ clock }: Deps, before: Schedule, { schedule: written, tz }: SettingOptions): Schedule {
  const zone = tz === undefined ? before.timeZone : currentZoneName(tz)
  if (zone === null) throw new AppError('invalid', `"${tz}" is not a time zone.`)
  const { unsaid: _unsaid, ...input }: Partial<ScheduleInput> = written === undefined ? {} : readSchedule(written)
  const schedule = { ...before, ...input, timeZone: zone }
  if (!isSameSchedule(schedule, before)) requireFuture(schedule, clock.now())
  return schedule
}

function readChannels(which: string): string {
  if (which.trim() === '' || which.split(',').every((name) => name.trim() !== '')) return which
  throw new InvalidArgumentError('A name in the list is empty.')
}

function wantedChannels(
  { db }: Deps,
  projectId: string,
  { channels: which }: SettingOptions,
): { channelIds?: string[] } {
  return which === undefined ? {} : { channelIds: channelIdsOf(listChannels(db, projectId), which) }
}

function channelIdsOf(channels: Channel[], which: string): string[] {
  if (which === 'none') return []
  const chosen = which === 'all' ? channels : which.split(',').map((meant) => channelByIdOrName(channels, meant.trim()))
  return chosen.map(({ id }) => id)
}

function describe({ config, clock }: Deps, monitor: Monitor) {
  return {
    name: shownName(monitor),
    slug: monitor.slug,
    unique_key: monitor.uniqueKey,
    status: shownStatus(monitor, clock.now()),
    schedule: scheduleInWords(monitor.schedule),
    last_ping: isoOrNull(monitor.lastPingAt),
    due: isoOrNull(expectedAt(monitor)),
    ping_url: `${config.baseUrl}/ping/${monitor.pingKey}`,
  }
}
