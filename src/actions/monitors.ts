import type { Deps } from '#deps.ts'
import { covers } from '#domain/channel.ts'
import { changedSince, fingerprintOf } from '#domain/fingerprint.ts'
import { pause, resume, type Step, withRules } from '#domain/lifecycle.ts'
import {
  changeSettings,
  DEFAULT_SETTINGS,
  isGuessable,
  MONITORS_MAX,
  type Monitor,
  type MonitorChange,
  type MonitorKeys,
  type MonitorSettings,
  NEW_ALIAS_MIN,
  uniqueKeyOf,
} from '#domain/monitor.ts'
import { facetsOf, type MonitorMatch, matchesMonitor } from '#domain/monitor-settings.ts'
import { isSameSchedule } from '#domain/schedule.ts'
import { MINUTE } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { newUuid } from '#lib/tokens.ts'
import { connect, disconnect, listChannels, listChannelsOfMonitor, setChannelsOfMonitor } from '#store/channels.ts'
import type { Tx } from '#store/database.ts'
import { countMonitorsOfProject } from '#store/monitor-lists.ts'
import * as store from '#store/monitors.ts'
import { findProvisioned, saveProvisioned } from '#store/projects.ts'
import { changedMeanwhile } from '#words/problems.ts'
import { readParent } from './dependencies.ts'
import { moveHeld } from './holds.ts'
import { isFreeForPings } from './keys.ts'
import { recordStep } from './transitions.ts'

/** A monitor, and the project on whose behalf it is accessed. */
export interface MonitorRef {
  projectId: string
  pingKey: string
}

interface MonitorInput {
  change: MonitorChange
  /** The IDs of its channels, which belong to the project. If absent, the scopes of the channels decide. */
  channelIds?: string[] | undefined
}

interface SavedMonitor extends MonitorInput {
  projectId: string
  match: MonitorMatch | null
  /** The UUID that it had on another server; null or absent: a new one is made. */
  pingKey?: string | null
  /** The channels of a new monitor, if `channelIds` is absent. */
  newChannelIds?: string[]
}

/** Creates a monitor. With `match`, changes the project's oldest matching monitor instead, if there is one. */
export function saveMonitor(deps: Deps, input: SavedMonitor): { monitor: Monitor; isCreated: boolean } {
  const { projectId, match, pingKey = null } = input
  return deps.db.write((tx) => {
    const existing = match && findMatching(tx, { projectId, match })
    if (existing) {
      if (pingKey !== null && pingKey !== existing.pingKey) throw uuidTaken()
      return { monitor: applyChange(tx, existing, input), isCreated: false }
    }
    if (pingKey !== null && !isFreeForPings(tx, { key: pingKey, projectId, monitorId: null })) throw uuidTaken()
    requireUsableAlias(tx, { alias: input.change.alias, projectId, monitor: null })
    const id = insert(tx, {
      projectId,
      settings: changeSettings(DEFAULT_SETTINGS, withParent(tx, { projectId, monitor: null, change: input.change })),
      channelIds: input.channelIds ?? input.newChannelIds,
      pingKey: pingKey ?? newUuid(),
    })
    return { monitor: reread(tx, id), isCreated: true }
  })
}

// The message does not reveal which project has the UUID, or had it.
function uuidTaken(): AppError {
  return new AppError('invalid', 'import_uuid is already taken')
}

/** Changes a monitor. With `seen`, the fingerprint that the user saw, throws conflict when it has changed since. */
export function updateMonitor(
  deps: Deps,
  { ref, seen, ...input }: MonitorInput & { ref: MonitorRef; seen?: string | undefined },
): Monitor {
  return deps.db.write((tx) => {
    const monitor = findOwn(tx, ref)
    if (seen !== undefined) requireUnchanged(monitor, seen)
    return applyChange(tx, monitor, input)
  })
}

function requireUnchanged(monitor: Monitor, seen: string): void {
  const changed = changedSince(seen, facetsOf(monitor))
  if (changed.length > 0) throw new AppError('conflict', changedMeanwhile('monitor', changed))
}

/** The fingerprint of a monitor as its form shows it. */
export function monitorFingerprint(monitor: Monitor): string {
  return fingerprintOf(facetsOf(monitor))
}

/** By pings to one project, within `PROVISIONING_WINDOW_MS`. Many crontabs may contain the same project ping key. */
export const PROVISIONED_MAX = 60
export const PROVISIONING_WINDOW_MS = MINUTE

/**
 * Creates a monitor for a ping to an unknown slug, with all channels of the project. Returns its ID. Throws full and
 * too_many.
 */
export function provisionMonitor(tx: Tx, { projectId, slug }: { projectId: string; slug: string }): number {
  countProvisioned(tx, projectId)
  const channelIds = listChannels(tx, projectId).map((channel) => channel.id)
  return insert(tx, { projectId, settings: { ...DEFAULT_SETTINGS, name: slug, slug }, channelIds, pingKey: newUuid() })
}

function countProvisioned(tx: Tx, projectId: string): void {
  const { count, since } = findProvisioned(tx, projectId)
  const isOver = tx.now < since || tx.now >= since + PROVISIONING_WINDOW_MS
  if (!isOver && count >= PROVISIONED_MAX) throw new AppError('too_many', 'too many new monitors')
  saveProvisioned(tx, { projectId, count: isOver ? 1 : count + 1, since: isOver ? tx.now : since })
}

export function pauseMonitor(deps: Deps, ref: MonitorRef): Monitor {
  return deps.db.write((tx) => step(tx, pause(findOwn(tx, ref), tx.now)))
}

/** `armed` for people: it goes down if no ping comes. Throws conflict when the monitor is not paused. */
export function resumeMonitor(deps: Deps, ref: MonitorRef, armed: 'armed' | 'unarmed'): Monitor {
  return deps.db.write((tx) => {
    const monitor = findOwn(tx, ref)
    if (monitor.status !== 'paused') throw new AppError('conflict', 'The monitor is not paused.')
    return step(tx, resume(monitor, tx.now, armed))
  })
}

/** Deletes a monitor and its history. Returns the monitor and its channel ids as they were. */
export function deleteMonitor(deps: Deps, ref: MonitorRef): { monitor: Monitor; channelIds: string[] } {
  return deps.db.write((tx) => {
    const monitor = findOwn(tx, ref)
    const channelIds = listChannelsOfMonitor(tx, monitor.id).map(({ id }) => id)
    store.deleteMonitor(tx, monitor.id)
    return { monitor, channelIds }
  })
}

interface NewMonitor {
  projectId: string
  settings: MonitorSettings
  channelIds: string[] | undefined
  pingKey: string
}

function insert(tx: Tx, { projectId, settings, channelIds, pingKey }: NewMonitor): number {
  requireMonitorCapacity(tx, projectId)
  const id = store.insertMonitor(tx, { projectId, settings, keys: newKeys(pingKey) })
  setChannelsOfMonitor(tx, { monitorId: id, channelIds: channelIds ?? coveringChannels(tx, projectId, settings.tags) })
  return id
}

function coveringChannels(tx: Tx, projectId: string, tags: string): string[] {
  return listChannels(tx, projectId)
    .filter(({ scope }) => covers(scope, tags))
    .map(({ id }) => id)
}

/** Throws full when the project has the maximum number of monitors. */
export function requireMonitorCapacity(tx: Tx, projectId: string): void {
  if (countMonitorsOfProject(tx, projectId) < MONITORS_MAX) return
  throw new AppError('full', `A project can have at most ${MONITORS_MAX} monitors. Delete some, or add a project.`)
}

interface WantedAlias {
  /** Absent: as it is. */
  alias: string | undefined
  projectId: string
  /** Null for a new monitor. */
  monitor: Monitor | null
}

// An existing short alias may stay, because it is older than this rule.
function requireUsableAlias(tx: Tx, { alias, ...wanted }: WantedAlias): void {
  if (alias === undefined || alias === wanted.monitor?.alias) return
  if (isGuessable(alias)) {
    throw new AppError('invalid', `alias is too short: it needs at least ${NEW_ALIAS_MIN} characters`, {
      alias: `Enter at least ${NEW_ALIAS_MIN} characters: a shorter alias can be guessed.`,
    })
  }
  requireFreeAlias(tx, { alias, ...wanted })
}

/** Requires that no other key on this server equals the alias, because pings find the monitor by it. Throws invalid. */
export function requireFreeAlias(tx: Tx, { alias, projectId, monitor }: WantedAlias): void {
  if (alias === undefined || alias === '') return
  if (isFreeForPings(tx, { key: alias, projectId, monitorId: monitor?.id ?? null })) return
  throw new AppError('invalid', 'alias is already taken', {
    alias: 'This alias is in use, or was used by another monitor.',
  })
}

function newKeys(pingKey: string): MonitorKeys {
  return { pingKey, uniqueKey: uniqueKeyOf(pingKey), badgeKey: newUuid() }
}

/** Changes a monitor that was read in this transaction. Throws invalid. */
function applyChange(tx: Tx, monitor: Monitor, { change, channelIds }: MonitorInput): Monitor {
  requireUsableAlias(tx, { alias: change.alias, projectId: monitor.projectId, monitor })
  const isRenamed = change.alias !== undefined && change.alias !== monitor.alias
  const read = withParent(tx, { projectId: monitor.projectId, monitor, change })
  return storeChange(tx, monitor, { change: isRenamed ? { ...read, aliasDialect: null } : read, channelIds })
}

function withParent(
  tx: Tx,
  { change, ...about }: { projectId: string; monitor: Monitor | null; change: MonitorChange },
): MonitorChange {
  if (change.dependsOn === undefined) return change
  return { ...change, dependsOn: readParent(tx, { ...about, meant: change.dependsOn.trim() }) }
}

/** As `applyChange`, without checking the alias. */
export function storeChange(tx: Tx, monitor: Monitor, { change, channelIds }: MonitorInput): Monitor {
  const settings = changeSettings(monitor, change)
  const isRescheduled = !isSameSchedule(monitor.schedule, settings.schedule)
  const scheduleSince = isRescheduled ? tx.now : monitor.scheduleSince
  const changed = withRules(monitor, { ...settings, scheduleSince })
  store.saveSettings(tx, { id: monitor.id, settings, scheduleSince })
  store.saveState(tx, changed)
  if (settings.isUrgent !== monitor.isUrgent) moveHeld(tx, monitor.projectId)
  if (channelIds) setChannelsOfMonitor(tx, { monitorId: monitor.id, channelIds })
  else if (settings.tags !== monitor.tags) followTags(tx, monitor, settings.tags)
  return changed
}

// Only a tag that begins or ceases to match changes anything, so that channels that the API has set stay.
function followTags(tx: Tx, { id: monitorId, projectId, tags }: Monitor, newTags: string): void {
  for (const { id: channelId, scope } of listChannels(tx, projectId)) {
    const [was, is] = [covers(scope, tags), covers(scope, newTags)]
    if (is && !was) connect(tx, { monitorId, channelId })
    if (was && !is) disconnect(tx, { monitorId, channelId })
  }
}

function step(tx: Tx, taken: Step<Monitor>): Monitor {
  recordStep(tx, taken)
  return taken.monitor
}

function findMatching(tx: Tx, { projectId, match }: { projectId: string; match: MonitorMatch }): Monitor | null {
  return store.listMonitors(tx, projectId).find((monitor) => matchesMonitor(monitor, match)) ?? null
}

function findOwn(tx: Tx, { projectId, pingKey }: MonitorRef): Monitor {
  const monitor = store.findMonitorByPingKey(tx, pingKey)
  if (monitor === null) throw new AppError('not_found', 'Monitor not found.')
  if (monitor.projectId !== projectId) throw new AppError('forbidden', 'This monitor belongs to another project.')
  return monitor
}

function reread(tx: Tx, id: number): Monitor {
  const monitor = store.findMonitorById(tx, id)
  if (monitor === null) throw new Error(`Monitor ${id} vanished in its own transaction.`)
  return monitor
}
