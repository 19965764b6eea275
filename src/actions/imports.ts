// Brings an exported configuration into this CronGuard: all of it or nothing. What is not in the export stays as it is.
import { findKind } from '#channels/index.ts'
import { changedSettings } from '#channels/kind.ts'
import type { Deps } from '#deps.ts'
import { CHANNELS_MAX, type Channel } from '#domain/channel.ts'
import {
  type Exported,
  type ExportedChannel,
  type ExportedMonitor,
  type ExportedProject,
  exportMonitor,
  settingsFrom,
} from '#domain/export.ts'
import { pause } from '#domain/lifecycle.ts'
import { type Monitor, shownName, uniqueKeyOf } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { AppError } from '#lib/errors.ts'
import { findUserByEmail, listUsers } from '#store/accounts.ts'
import * as channelStore from '#store/channels.ts'
import type { Tx } from '#store/database.ts'
import { findMonitorByBadgeKey, findMonitorById, findMonitorByPingKey, insertMonitor } from '#store/monitors.ts'
import * as projectStore from '#store/projects.ts'
import { readSettings, switchChannel } from './channels.ts'
import { exportChannel } from './exports.ts'
import { applyChange, requireFreeAlias, requireRoom } from './monitors.ts'
import { recordStep } from './transitions.ts'

/** `skipped`: a channel of which the export does not say enough to make it. */
export type ImportOutcome = 'created' | 'changed' | 'unchanged' | 'skipped'

export interface ImportedItem {
  what: 'project' | 'channel' | 'monitor'
  name: string
  project: string
  outcome: ImportOutcome
}

export interface ImportOrder {
  content: Exported
  /** To whom projects belong that are new here; null: to the first administrator. */
  ownerEmail: string | null
  /** Says what would be done, and does nothing. */
  isDryRun: boolean
}

/** Undoes a transaction that was only a trial. */
const TRIAL_ENDS = new Error('This was a trial.')

/**
 * Projects and channels are known by their ids, monitors by their ping keys. Throws conflict when one of them belongs
 * to another project here, invalid when a setting is not usable; then nothing is changed.
 */
export function importConfiguration(deps: Deps, { content, ownerEmail, isDryRun }: ImportOrder): ImportedItem[] {
  let items: ImportedItem[] = []
  try {
    deps.db.write((tx) => {
      const exportedIds = content.projects.map(({ id }) => id)
      items = content.projects.flatMap((project) => importProject(tx, { project, ownerEmail, exportedIds }))
      if (isDryRun) throw TRIAL_ENDS
    })
  } catch (error) {
    if (error !== TRIAL_ENDS) throw error
  }
  return items
}

interface BroughtProject {
  project: ExportedProject
  ownerEmail: string | null
  /** Of all projects that are brought in. */
  exportedIds: string[]
}

function importProject(tx: Tx, { project, ...order }: BroughtProject): ImportedItem[] {
  const item = (what: ImportedItem['what'], name: string, outcome: ImportOutcome): ImportedItem => {
    return { what, name, project: project.name, outcome }
  }
  const outcome = bringProject(tx, { project, ...order })
  const channels = project.channels.map((channel) => {
    return item('channel', channel.name || channel.kind, bringChannel(tx, { projectId: project.id, channel }))
  })
  const monitors = project.monitors.map((monitor) => {
    const name = shownName({ ...monitor, uniqueKey: uniqueKeyOf(monitor.ping_key) })
    return item('monitor', name, bringMonitor(tx, { projectId: project.id, monitor, name }))
  })
  return [item('project', project.name, outcome), ...channels, ...monitors]
}

function bringProject(tx: Tx, { project, ownerEmail, exportedIds }: BroughtProject): ImportOutcome {
  const { id, name, ping_key: pingKey, badge_key: badgeKey } = project
  const known = projectStore.findProject(tx, id)
  const others = [projectStore.findProjectByPingKey(tx, pingKey), projectStore.findProjectByBadgeKey(tx, badgeKey)]
  if (others.some((other) => other !== null && other.id !== id)) {
    throw new AppError('conflict', `The keys of the project "${name}" belong to another project here.`)
  }
  if (known !== null) return updateProject(tx, { known, name, pingKey })
  const userId = ownerOf(tx, ownerEmail)
  makeWay(tx, { userId, name, exportedIds })
  projectStore.insertProject(tx, { id, name, pingKey, badgeKey })
  projectStore.insertMembership(tx, { projectId: id, userId, role: 'owner' })
  return 'created'
}

// Everybody gets an empty project with their account: the one that comes takes its place, and not one beside it.
function makeWay(tx: Tx, { exportedIds, ...owned }: { userId: string; name: string; exportedIds: string[] }): void {
  const idle = projectStore.listUntouchedProjects(tx, owned).find((id) => !exportedIds.includes(id))
  if (idle !== undefined) projectStore.deleteProject(tx, idle)
}

function updateProject(tx: Tx, { known, name, pingKey }: { known: Project; name: string; pingKey: string }) {
  if (known.name === name && known.pingKey === pingKey) return 'unchanged'
  projectStore.saveProjectName(tx, { projectId: known.id, name })
  projectStore.saveProjectPingKey(tx, { projectId: known.id, pingKey })
  return 'changed'
}

function ownerOf(tx: Tx, email: string | null): string {
  const users = listUsers(tx)
  const owner = email === null ? (users.find(({ isAdmin }) => isAdmin) ?? users[0]) : findUserByEmail(tx, email)
  if (owner) return owner.id
  const problem = email === null ? 'Nobody has an account yet' : `There is no user ${email}`
  throw new AppError(
    'not_found',
    `${problem}: make one with "cronguard user create", so that the projects have an owner.`,
  )
}

function bringChannel(tx: Tx, { projectId, channel }: { projectId: string; channel: ExportedChannel }): ImportOutcome {
  const known = channelStore.findChannel(tx, channel.id)
  if (known !== null) return updateChannel(tx, { known, projectId, channel })
  if (channel.left_out.length > 0) return 'skipped'
  if (channelStore.countChannels(tx, projectId) >= CHANNELS_MAX) {
    throw new AppError('conflict', `A project has at most ${CHANNELS_MAX} channels.`)
  }
  const { id, kind, name, disabled, tells_blackouts: tellsBlackouts } = channel
  const settings = readSettings(kindOf(channel), channel.settings)
  const made: Channel = { id, projectId, kind, name, settings, tellsBlackouts, disabledAt: null }
  channelStore.insertChannel(tx, made)
  switchChannel(tx, made, disabled)
  return 'created'
}

interface KnownChannel {
  known: Channel
  projectId: string
  channel: ExportedChannel
}

function updateChannel(tx: Tx, { known, projectId, channel }: KnownChannel): ImportOutcome {
  if (known.projectId !== projectId || known.kind !== channel.kind) {
    throw new AppError('conflict', `The channel "${channel.name}" is another one here, or belongs to another project.`)
  }
  const kind = kindOf(channel)
  const isMeant = (field: string): boolean => field in channel.settings || channel.left_out.includes(field)
  const removed = kind.fields.map(({ name }) => name).filter((field) => !isMeant(field))
  const stored = known.settings as Record<string, unknown>
  const settings = readSettings(kind, changedSettings(kind, stored, { given: channel.settings, removed }))
  const { name, tells_blackouts: tellsBlackouts, disabled } = channel
  const changed = { ...known, name, settings, tellsBlackouts }
  if (Bun.deepEquals(exportChannel(known, true), { ...exportChannel(changed, true), disabled })) return 'unchanged'
  channelStore.saveChannel(tx, changed)
  switchChannel(tx, known, disabled)
  return 'changed'
}

interface BroughtMonitor {
  projectId: string
  monitor: ExportedMonitor
  name: string
}

function bringMonitor(tx: Tx, { projectId, monitor, name }: BroughtMonitor): ImportOutcome {
  const known = findMonitorByPingKey(tx, monitor.ping_key)
  if (known === null) return makeMonitor(tx, { projectId, monitor, name })
  if (known.projectId !== projectId) {
    throw new AppError('conflict', `The ping key of the monitor "${name}" belongs to another project here.`)
  }
  const had = channelStore.listChannelsOfMonitor(tx, known.id).map(({ id }) => id)
  const channelIds = [...new Set([...had, ...existing(tx, { projectId, channelIds: monitor.channels })])]
  if (isSame(known, monitor) && channelIds.length === had.length) return 'unchanged'
  applyChange(tx, known, { change: settingsFrom(monitor), channelIds })
  return 'changed'
}

function makeMonitor(tx: Tx, { projectId, monitor, name }: BroughtMonitor): ImportOutcome {
  if (findMonitorByBadgeKey(tx, monitor.badge_key) !== null) {
    throw new AppError('conflict', `The badge key of the monitor "${name}" belongs to another monitor here.`)
  }
  requireRoom(tx, projectId)
  const settings = settingsFrom(monitor)
  requireFreeAlias(tx, { alias: settings.alias, exceptId: null })
  const pingKey = monitor.ping_key
  const keys = { pingKey, uniqueKey: uniqueKeyOf(pingKey), badgeKey: monitor.badge_key }
  const id = insertMonitor(tx, { projectId, settings, keys })
  channelStore.setChannelsOfMonitor(tx, { monitorId: id, channelIds: monitor.channels })
  const made = findMonitorById(tx, id)
  if (monitor.paused && made) recordStep(tx, pause(made, tx.now))
  return 'created'
}

// Whether a monitor is paused is said of new ones only: what a person decided here since then stands.
function isSame(known: Monitor, monitor: ExportedMonitor): boolean {
  return Bun.deepEquals(settingsFrom(exportMonitor(known, [])), settingsFrom(monitor))
}

function existing(tx: Tx, { projectId, channelIds }: { projectId: string; channelIds: string[] }): string[] {
  return channelIds.filter((id) => channelStore.findChannel(tx, id)?.projectId === projectId)
}

function kindOf({ kind: name }: ExportedChannel) {
  const kind = findKind(name)
  if (kind === null) throw new AppError('invalid', `There is no kind of channel called ${name}.`)
  return kind
}
