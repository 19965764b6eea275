// The steps of an import: one for each project, channel and monitor in the export.
import { findKind } from '#channels/index.ts'
import { changedSettings } from '#channels/kind.ts'
import type { Deps } from '#deps.ts'
import type { Channel, ChannelScope } from '#domain/channel.ts'
import {
  type ExportedChannel,
  type ExportedMonitor,
  type ExportedProject,
  exportMonitor,
  rulesFrom,
  scopeFrom,
  settingsFrom,
} from '#domain/export.ts'
import { pause } from '#domain/lifecycle.ts'
import { isGuessable, type Monitor, type MonitorSettings, shownName, uniqueKeyOf } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { AppError } from '#lib/errors.ts'
import * as channelStore from '#store/channels.ts'
import { findConsent, saveConsent } from '#store/confirmations.ts'
import type { Reader, Tx } from '#store/database.ts'
import { deleteMonitor, findMonitorById, findMonitorByPingKey, insertMonitor } from '#store/monitors.ts'
import * as projectStore from '#store/projects.ts'
import { readSettings, switchChannel } from './channels.ts'
import { checkRecipient } from './confirmations.ts'
import { exportChannel } from './exports.ts'
import { type Decision, type ImportedItem, type ImportStep, noChange } from './import-decisions.ts'
import { decideMaintenance } from './import-maintenance.ts'
import { isFreeForBadges, isFreeForPings } from './keys.ts'
import { storeChange } from './monitors.ts'
import { runsPrograms } from './program-channels.ts'
import { recordStep } from './transitions.ts'

/** Steps in the order of their dependencies. */
export function stepsOf({ config, clock }: Pick<Deps, 'config' | 'clock'>, project: ExportedProject): ImportStep[] {
  const step = (what: ImportedItem['what'], name: string, decide: (reader: Reader) => Decision): ImportStep => ({
    plan: (reader) => {
      const { outcome, note } = decide(reader)
      const item = { what, name, project: project.name, projectId: project.id, outcome }
      return note === undefined ? item : { ...item, note }
    },
    apply: (tx) => decide(tx).apply(tx),
  })
  const projectId = project.id
  const importableChannelIds = project.channels
    .filter(({ left_out: leftOut, kind }) => leftOut.length === 0 && !runsPrograms(kind))
    .map(({ id }) => id)
  return [
    step('project', project.name, (reader) => decideProject(reader, project)),
    ...project.channels.map((channel) =>
      step('channel', channel.name || channel.kind, (reader) =>
        decideChannel(reader, { projectId, channel, scope: scopeFrom(channel, project), config }),
      ),
    ),
    ...project.monitors.map((monitor) => {
      const name = shownName({ ...monitor, uniqueKey: uniqueKeyOf(monitor.ping_key) })
      return step('monitor', name, (reader) =>
        decideMonitor(reader, { projectId, monitor, name, importableChannelIds }),
      )
    }),
    ...(project.maintenance ?? []).map((maintenance) =>
      step('maintenance', maintenance.name || 'Maintenance', (reader) =>
        decideMaintenance(reader, { projectId, maintenance, now: clock.now() }),
      ),
    ),
  ]
}

function decideProject(
  reader: Reader,
  { id, name, ping_key: pingKey, badge_key: badgeKey, hidden_words: givenWords }: ExportedProject,
): Decision {
  const known = projectStore.findProject(reader, id)
  const holder = { projectId: id, monitorId: null }
  const knownWords = projectStore.findHiddenWords(reader, id).join('\n')
  const words = givenWords ?? knownWords
  if (!isFreeForPings(reader, { key: pingKey, ...holder })) throw takenError('ping key', `project "${name}"`)
  if (!isFreeForBadges(reader, { key: badgeKey, ...holder })) throw takenError('badge key', `project "${name}"`)
  if (known === null) {
    return {
      outcome: 'created',
      apply: (tx) => {
        projectStore.insertProject(tx, { id, name, pingKey, badgeKey })
        projectStore.saveHiddenWords(tx, { projectId: id, words })
        return (later) => projectStore.deleteProject(later, id)
      },
    }
  }
  if (known.name === name && known.pingKey === pingKey && words === knownWords) return noChange('unchanged')
  return {
    outcome: 'changed',
    apply: (tx) => {
      saveProject(tx, { ...known, name, pingKey }, words)
      return (later) => saveProject(later, known, knownWords)
    },
  }
}

function saveProject(tx: Tx, { id, name, pingKey }: Project, words: string): void {
  projectStore.saveProjectName(tx, { projectId: id, name })
  projectStore.saveProjectPingKey(tx, { projectId: id, pingKey })
  projectStore.saveHiddenWords(tx, { projectId: id, words })
}

function decideChannel(reader: Reader, imported: Omit<KnownChannel, 'known'>): Decision {
  const { projectId, channel, scope, config } = imported
  if (runsPrograms(channel.kind)) return noChange('skipped')
  const known = channelStore.findChannel(reader, channel.id)
  if (known !== null) return decideKnownChannel({ known, ...imported })
  if (channel.left_out.length > 0) return noChange('skipped')
  const { id, kind, name, disabled, tells_blackouts: notifiesGaps } = channel
  const settings = readSettings({ config }, kindOf(channel), channel.settings)
  const made: Channel = {
    id,
    projectId,
    kind,
    name,
    settings,
    notifiesGaps,
    rules: rulesFrom(channel),
    disabledAt: null,
    scope,
    unconfirmedSince: null,
    unsubscribedAt: null,
  }
  return {
    outcome: 'created',
    apply: (tx) => {
      channelStore.insertChannel(tx, made)
      checkRecipient(tx, { config, channel: made, before: null })
      switchChannel(tx, { config, channel: made, isDisabled: disabled })
      return (later) => channelStore.deleteChannel(later, id)
    },
  }
}

interface KnownChannel extends Pick<Deps, 'config'> {
  known: Channel
  projectId: string
  channel: ExportedChannel
  scope: ChannelScope
}

function decideKnownChannel({ known, projectId, channel, scope: imported, config }: KnownChannel): Decision {
  if (known.projectId !== projectId || known.kind !== channel.kind) {
    throw new AppError(
      'conflict',
      `The channel "${channel.name}" already exists on this server in another project or with another kind.`,
    )
  }
  const kind = kindOf(channel)
  const isExported = (field: string): boolean => field in channel.settings || channel.left_out.includes(field)
  const removed = kind.fields.map(({ name }) => name).filter((field) => !isExported(field))
  const stored = known.settings as Record<string, unknown>
  const settings = readSettings({ config }, kind, changedSettings(kind, stored, { given: channel.settings, removed }))
  const { name, tells_blackouts: notifiesGaps, disabled } = channel
  const scope = channel.scope === undefined ? known.scope : imported
  const changed = { ...known, name, settings, notifiesGaps, rules: rulesFrom(channel), scope }
  if (Bun.deepEquals(exportChannel(known, true), { ...exportChannel(changed, true), disabled })) {
    return noChange('unchanged')
  }
  return {
    outcome: 'changed',
    apply: (tx) => {
      const consent = findConsent(tx, known.id)
      channelStore.saveChannel(tx, changed)
      checkRecipient(tx, { config, channel: changed, before: known })
      switchChannel(tx, { config, channel: channelStore.findChannel(tx, known.id) ?? changed, isDisabled: disabled })
      return (later) => {
        channelStore.saveChannel(later, known)
        const channel = { ...known, disabledAt: disabled ? later.now : null }
        switchChannel(later, { config, channel, isDisabled: known.disabledAt !== null })
        if (consent) saveConsent(later, { id: known.id, ...consent })
      }
    },
  }
}

interface MonitorImport {
  projectId: string
  monitor: ExportedMonitor
  name: string
  /** The channels in the export that can be imported. */
  importableChannelIds: string[]
}

function decideMonitor(reader: Reader, monitorImport: MonitorImport): Decision {
  const { projectId, monitor, name, importableChannelIds } = monitorImport
  const known = findMonitorByPingKey(reader, monitor.ping_key)
  const settings = settingsWithDialect(monitor, known)
  requireFreeAlias(reader, monitorImport, known)
  const note = noteOnAlias(monitor, settings)
  if (known === null) return { ...decideNewMonitor(reader, { ...monitorImport, settings }), ...note }
  if (known.projectId !== projectId) throw takenError('ping key', `monitor "${name}"`)
  const oldIds = channelStore.listChannelsOfMonitor(reader, known.id).map(({ id }) => id)
  const isAvailable = (id: string): boolean =>
    importableChannelIds.includes(id) || channelStore.findChannel(reader, id)?.projectId === projectId
  const channelIds = [...new Set([...oldIds, ...monitor.channels.filter(isAvailable)])]
  const before = settingsFrom(exportMonitor(known, []))
  if (Bun.deepEquals(before, settings) && channelIds.length === oldIds.length) return noChange('unchanged')
  return {
    outcome: 'changed',
    ...note,
    apply: (tx) => {
      storeChange(tx, known, { change: settings, channelIds })
      return (later) => {
        const now = findMonitorById(later, known.id)
        if (now !== null) storeChange(later, now, { change: before, channelIds: oldIds })
      }
    },
  }
}

function decideNewMonitor(
  reader: Reader,
  { projectId, monitor, name, settings }: MonitorImport & { settings: MonitorSettings },
): Decision {
  const { ping_key: pingKey, badge_key: badgeKey } = monitor
  const holder = { projectId, monitorId: null }
  if (!isFreeForPings(reader, { key: pingKey, ...holder })) throw takenError('ping key', `monitor "${name}"`)
  if (!isFreeForBadges(reader, { key: badgeKey, ...holder })) throw takenError('badge key', `monitor "${name}"`)
  return {
    outcome: 'created',
    apply: (tx) => {
      const keys = { pingKey, uniqueKey: uniqueKeyOf(pingKey), badgeKey }
      const id = insertMonitor(tx, { projectId, settings, keys })
      channelStore.setChannelsOfMonitor(tx, { monitorId: id, channelIds: monitor.channels })
      const made = findMonitorById(tx, id)
      if (monitor.paused && made) recordStep(tx, pause(made, tx.now))
      return (later) => deleteMonitor(later, id)
    },
  }
}

// The paused state is only imported for new monitors, because people may have changed it here since. For the same
// reason, an existing alias keeps its dialect.
function settingsWithDialect(monitor: ExportedMonitor, known: Monitor | null): MonitorSettings {
  const settings = settingsFrom(monitor)
  if (settings.aliasDialect !== null || !isGuessable(settings.alias)) return settings
  if (known?.alias === settings.alias) return { ...settings, aliasDialect: known.aliasDialect }
  return { ...settings, aliasDialect: 'kuma' }
}

function noteOnAlias(monitor: ExportedMonitor, { alias, aliasDialect }: MonitorSettings): { note?: string } {
  if (!isGuessable(alias) || monitor.alias_dialect || aliasDialect !== 'kuma') return {}
  return {
    note:
      'its alias is short, so it only works at /api/push/. For another dialect, add "alias_dialect" to the file: ' +
      'snitch, cronitor or honeybadger.',
  }
}

function requireFreeAlias(reader: Reader, { projectId, monitor, name }: MonitorImport, known: Monitor | null): void {
  if (monitor.alias === '' || monitor.alias === known?.alias) return
  const key = { key: monitor.alias, projectId, monitorId: known?.id ?? null }
  if (!isFreeForPings(reader, key)) throw takenError('alias', `monitor "${name}"`)
}

// The message does not reveal which project has the key, or had it.
function takenError(what: string, of: string): AppError {
  return new AppError('conflict', `The ${what} of the ${of} is in use on this server, or was used by another project.`)
}

function kindOf({ kind: name }: ExportedChannel) {
  const kind = findKind(name)
  if (kind === null) throw new AppError('invalid', `"${name}" is not a channel kind.`)
  return kind
}
