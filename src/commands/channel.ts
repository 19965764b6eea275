import { testChannel } from '#actions/channels.ts'
import { projectOf } from '#actions/projects.ts'
import { withDeps } from '#app.ts'
import { channelTitle, findKind } from '#channels/index.ts'
import type { Channel } from '#domain/channel.ts'
import { systemClock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { asSentence } from '#lib/sentence.ts'
import { listChannelReports } from '#store/channels.ts'
import type { AddCommand, Shell } from './command.ts'
import { isoOrNull, printJson, printTable } from './table.ts'

interface Options {
  project?: string
  json?: boolean
}

export const addChannel: AddCommand = (program, shell) => {
  const channel = program.command('channel').description('list and test channels')
  channel
    .command('list')
    .description('list the channels of a project, without their secrets')
    .argument('<email>', 'a member of the project')
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option('--json', 'print JSON: an array of {id, name, kind, to, enabled, failing_since}')
    .action((email: string, options: Options) => list(shell, { email, ...options }))
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
    const channels = listChannelReports(deps.db, id).map(({ channel, failingSince }) => ({
      id: channel.id,
      name: channel.name,
      kind: channel.kind,
      to: summaryOf(channel),
      enabled: channel.disabledAt === null,
      failing_since: isoOrNull(failingSince),
    }))
    if (json) return printJson(shell, channels)
    const stateOf = ({ enabled, failing_since: since }: (typeof channels)[number]): string =>
      enabled ? (since === null ? 'enabled' : `failing since ${since}`) : 'disabled'
    const rows = channels.map((one) => [one.id, one.kind, channelTitle(one), one.to, stateOf(one)])
    printTable(shell, {
      head: ['ID', 'KIND', 'NAME', 'TO', 'STATE'],
      rows,
      otherwise: 'No channels yet. No one gets notified.',
      colorOf: ([, , , , state]) => (state?.startsWith('failing') ? 'red' : undefined),
    })
  })
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
