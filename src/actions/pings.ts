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
import { provisionMonitor } from './monitors.ts'
import { recordStep } from './transitions.ts'

/**
 * The monitor that is meant: by its UUID, by its UUID in whatever shape or its alias, or by the project's key and a
 * slug. A UUID may be an alias too.
 */
export type PingAddress =
  | { pingKey: string }
  | TokenAddress
  | { projectPingKey: string; slug: string; mayCreate: boolean }

export interface TokenAddress {
  token: string
  /** An imported alias may be known in one dialect only. */
  dialect: AliasDialect
}

export interface PingInput extends KeptBody {
  address: PingAddress
  signal: PingSignal
  exitStatus: number | null
  /** Or which of the open runs it belongs to. */
  runId: RunId | null | ((openRuns: readonly OpenRun[]) => RunId | null)
  origin: PingOrigin
  /** How long the run took by the clock of the client; absent: it does not say. */
  measuredMs?: number | null
  /** What it says, when it came by mail. */
  mail?: MailText
  /** Which of the monitor's rules it is judged by; absent: all. */
  rules?: (monitor: PingRules) => PingRules
}

export interface PingRef {
  monitorId: number
  number: number
}

/**
 * Records a ping with everything that follows from it, and says what it came to be; on disk when it resolves. Rejects
 * with `AppError` not_found, full or conflict (several monitors have the slug), or with `StorageRefusedError`.
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
    insertPing(tx, {
      ...ping,
      ...input.origin,
      monitorId: monitor.id,
      number: step.monitor.pingCount,
      at: tx.now,
      durationMs: durationOf(tx, { monitor, ping }),
      body: input.body,
      reading: input.reading,
    })
    deletePing(tx, {
      monitorId: monitor.id,
      number: lastPrunedNumber(step.monitor, deps.config.retention.pingsPerMonitor),
    })
    recordStep(tx, step)
    return { isCreated, kind: ping.kind, monitorId: monitor.id, number: step.monitor.pingCount }
  })
}

/** For a person who says that all is well: nobody looks for words in it, or at how long that took. */
export function rulesForPeople({ manualResume }: PingRules): PingRules {
  return { ...NO_PING_RULES, manualResume }
}

function everyRule(monitor: PingRules): PingRules {
  return monitor
}

/** What a ping to an address finds: a monitor, or the project in which it would create one with that slug. */
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

/** Whether the address belongs to anything. */
export function isPingable({ db }: Pick<Deps, 'db'>, address: PingAddress): boolean {
  return targetOf(db, address) !== 'unknown'
}

/** Throws not_found or conflict where a ping to this address would be refused whatever it says. */
export function requirePingable({ db }: Pick<Deps, 'db'>, address: PingAddress): void {
  requireTarget(db, address)
}

function requireTarget(reader: Reader, address: PingAddress): Exclude<Target, string> {
  const target = targetOf(reader, address)
  if (target === 'unknown') throw new AppError('not_found', 'There is no such monitor.')
  if (target === 'ambiguous') throw new AppError('conflict', 'Several monitors of the project have this slug.')
  return target
}

function findOrProvision(tx: Tx, address: PingAddress): { monitor: WatchedMonitor; isCreated: boolean } {
  const target = requireTarget(tx, address)
  if ('monitor' in target) return { monitor: target.monitor, isCreated: false }
  const monitor = findWatchedById(tx, provisionMonitor(tx, target))
  if (monitor === null) throw new Error('The new monitor vanished in its own transaction.')
  return { monitor, isCreated: true }
}

/** The monitor that has this UUID, in whatever shape, or else has it as its alias. */
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

/** Pings of a monitor that are looked at for where they came from. */
const SENDERS_MAX = 20

/** Whether one of the last pings of the monitor with this alias came from there. */
export function wasPingedFrom(
  { db }: Pick<Deps, 'db'>,
  { token, isThere }: { token: string; isThere: (remoteAddress: string | null) => boolean },
): boolean {
  const aliased = findAliased(db, [token])
  return aliased !== null && listLastSenders(db, { monitorId: aliased.id, limit: SENDERS_MAX }).some(isThere)
}

function durationOf(tx: Tx, { monitor, ping }: { monitor: WatchedMonitor; ping: Ping }): number | null {
  if (!endsRun(ping.kind)) return null
  if (ping.measuredMs != null) return ping.measuredMs
  if (monitor.pingCount === 0) return null
  const previous = findStartOrEnd(tx, { monitorId: monitor.id, runId: ping.runId, newest: monitor.pingCount })
  return runDurationMs(previous, tx.now)
}
