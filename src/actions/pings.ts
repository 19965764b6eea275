import type { Deps } from '#deps.ts'
import type { KeptBody } from '#domain/body.ts'
import { readUuid, spellingsOf } from '#domain/keys.ts'
import { applyPing, judgeRun } from '#domain/lifecycle.ts'
import { type AliasDialect, NO_PING_RULES, type OpenRun, type WatchedMonitor } from '#domain/monitor.ts'
import {
  endsRun,
  judgePing,
  lastPrunedNumber,
  type MailText,
  type Ping,
  type PingKind,
  type PingOrigin,
  type PingRules,
  type PingSignal,
  type RunId,
  runDurationMs,
} from '#domain/ping.ts'
import { AppError } from '#lib/errors.ts'
import type { Reader, Tx } from '#store/database.ts'
import { findAliased, findWatchedById, findWatchedByPingKey, listPingKeysBySlug } from '#store/monitors.ts'
import { findStartOrEnd, insertPing, listLastSenders } from '#store/pings.ts'
import { findProjectByPingKey } from '#store/projects.ts'
import { deletePing } from '#store/retention.ts'
import { hasRoomForBodies } from './bodies.ts'
import { provisionMonitor } from './monitors.ts'
import { recordStep } from './transitions.ts'

/** Addresses a monitor by its UUID, by a UUID or alias in any spelling, or by the project ping key and a slug. */
export type PingAddress =
  | { pingKey: string }
  | TokenAddress
  | { projectPingKey: string; slug: string; mayCreate: boolean }

export interface TokenAddress {
  token: string
  /** Imported aliases may be valid in one dialect only. */
  dialect: AliasDialect
}

export interface PingInput extends KeptBody {
  address: PingAddress
  signal: PingSignal
  exitStatus: number | null
  /** A function chooses one of the open runs. */
  runId: RunId | null | ((openRuns: readonly OpenRun[]) => RunId | null)
  origin: PingOrigin
  /** The duration of the run as the client measured it, if it did. */
  measuredMs?: number | null
  /** The text of the email, for pings by email. */
  mail?: MailText
  /** Selects the monitor's rules that apply. Absent: all. */
  rules?: (monitor: PingRules) => PingRules
}

export interface PingRef {
  monitorId: number
  number: number
}

/**
 * Records a ping with all its consequences, and returns its kind. It is on disk when the promise resolves. Rejects with
 * `AppError` not_found, full or conflict (several monitors have the slug), or with `StorageRefusedError`.
 */
export function recordPing(deps: Deps, input: PingInput): Promise<PingRef & { isCreated: boolean; kind: PingKind }> {
  const { rules: rulesOf = everyRule } = input
  return deps.db.writeGrouped((tx) => {
    const { monitor, isCreated } = findOrProvision(tx, input.address)
    const rules = rulesOf(monitor)
    const incoming: Ping = {
      kind: judgePing(rules, monitor.status === 'paused', {
        signal: input.signal,
        method: input.origin.method,
        body: input.body,
        reading: input.reading,
        mail: input.mail,
      }),
      runId: typeof input.runId === 'function' ? input.runId(monitor.openRuns) : input.runId,
      exitStatus: input.exitStatus,
      measuredMs: input.measuredMs ?? null,
    }
    const ping = judgeRun({ ...monitor, ...rules }, incoming, tx.now)
    const step = applyPing(monitor, ping, tx.now)
    const keepsBody = input.body.head.length > 0 && hasRoomForBodies(deps)
    insertPing(tx, {
      ...ping,
      ...input.origin,
      monitorId: monitor.id,
      number: step.monitor.pingCount,
      at: tx.now,
      durationMs: durationOf(tx, { monitor, ping }),
      body: input.body,
      reading: input.reading,
      keepsBody,
    })
    deletePing(tx, {
      monitorId: monitor.id,
      number: lastPrunedNumber(step.monitor, deps.config.retention.pingsPerMonitor),
    })
    recordStep(tx, step, keepsBody ? null : { body: input.body, reading: input.reading })
    return { isCreated, kind: ping.kind, monitorId: monitor.id, number: step.monitor.pingCount }
  })
}

/** The rules for pings that people send from a page: keywords and run times are not checked. */
export function rulesForUsers({ manualResume }: PingRules): PingRules {
  return { ...NO_PING_RULES, manualResume }
}

function everyRule(monitor: PingRules): PingRules {
  return monitor
}

/** The target of a ping: a monitor, or a project in which the ping would create a monitor with this slug. */
type Target = { monitor: WatchedMonitor } | { projectId: string; slug: string } | 'ambiguous' | 'unknown'

function targetOf(reader: Reader, address: PingAddress): Target {
  if ('pingKey' in address) return existing(findWatchedByUuid(reader, address.pingKey))
  if ('token' in address) return existing(findWatchedByToken(reader, address))
  const [pingKey, another] = listPingKeysBySlug(reader, address)
  if (another !== undefined) return 'ambiguous'
  if (pingKey !== undefined) return existing(findWatchedByPingKey(reader, pingKey))
  const project = address.mayCreate ? findProjectByPingKey(reader, address.projectPingKey) : null
  return project === null ? 'unknown' : { projectId: project.id, slug: address.slug }
}

function existing(monitor: WatchedMonitor | null): Target {
  return monitor === null ? 'unknown' : { monitor }
}

/** Whether the address has a target. */
export function isPingable({ db }: Pick<Deps, 'db'>, address: PingAddress): boolean {
  return targetOf(db, address) !== 'unknown'
}

/** Throws not_found or conflict when a ping to this address would be refused, whatever its content. */
export function requirePingable({ db }: Pick<Deps, 'db'>, address: PingAddress): void {
  requireTarget(db, address)
}

function requireTarget(reader: Reader, address: PingAddress): Exclude<Target, string> {
  const target = targetOf(reader, address)
  if (target === 'unknown') throw new AppError('not_found', 'Monitor not found.')
  if (target === 'ambiguous') throw new AppError('conflict', 'Several monitors in this project have this slug.')
  return target
}

function findOrProvision(tx: Tx, address: PingAddress): { monitor: WatchedMonitor; isCreated: boolean } {
  const target = requireTarget(tx, address)
  if ('monitor' in target) return { monitor: target.monitor, isCreated: false }
  const monitor = findWatchedById(tx, provisionMonitor(tx, target))
  if (monitor === null) throw new Error('The new monitor vanished in its own transaction.')
  return { monitor, isCreated: true }
}

/** The monitor with this UUID in any spelling, or else with this alias. */
export function findWatchedByUuid(reader: Reader, uuid: string): WatchedMonitor | null {
  const monitor = findWatchedByPingKey(reader, readUuid(uuid) ?? uuid)
  if (monitor !== null) return monitor
  const aliased = findAliased(reader, spellingsOf(uuid))
  return aliased && findWatchedById(reader, aliased.id)
}

function findWatchedByToken(reader: Reader, { token, dialect }: TokenAddress): WatchedMonitor | null {
  if (readUuid(token) !== null) return findWatchedByUuid(reader, token)
  const aliased = findAliased(reader, [token])
  if (aliased === null || (aliased.aliasDialect ?? dialect) !== dialect) return null
  return findWatchedById(reader, aliased.id)
}

/** How many of the last pings are checked for their sender. */
const SENDERS_MAX = 20

/** Whether one of the last pings of the monitor with this alias came from an address that `isFromNetwork` accepts. */
export function wasPingedFrom(
  { db }: Pick<Deps, 'db'>,
  { token, isFromNetwork }: { token: string; isFromNetwork: (remoteAddress: string | null) => boolean },
): boolean {
  const aliased = findAliased(db, [token])
  return aliased !== null && listLastSenders(db, { monitorId: aliased.id, limit: SENDERS_MAX }).some(isFromNetwork)
}

function durationOf(tx: Tx, { monitor, ping }: { monitor: WatchedMonitor; ping: Ping }): number | null {
  if (!endsRun(ping.kind)) return null
  if (ping.measuredMs != null) return ping.measuredMs
  if (monitor.pingCount === 0) return null
  const previous = findStartOrEnd(tx, { monitorId: monitor.id, runId: ping.runId, newest: monitor.pingCount })
  return runDurationMs(previous, tx.now)
}
