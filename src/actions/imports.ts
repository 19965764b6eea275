// Brings an exported configuration into this CronGuard: all of it or nothing. What is not in the export stays as it is.
import type { Deps } from '#deps.ts'
import { CHANNELS_MAX } from '#domain/channel.ts'
import type { Exported, ExportedProject } from '#domain/export.ts'
import { MONITORS_MAX } from '#domain/monitor.ts'
import { AppError, messageOf } from '#lib/errors.ts'
import { findUserByEmail, listUsers } from '#store/accounts.ts'
import { countChannels } from '#store/channels.ts'
import type { Reader, Tx } from '#store/database.ts'
import { countMonitorsOfProject } from '#store/monitor-lists.ts'
import * as projectStore from '#store/projects.ts'
import { type ImportedItem, type ImportStep, stepsOf, type Undo } from './import-steps.ts'

export interface ImportOrder {
  content: Exported
  /** To whom projects belong that are new here; null: to the first administrator. */
  ownerEmail: string | null
  /** Says what would be done, and does nothing. */
  isDryRun: boolean
  /** Lets other writers to the database take their turn. */
  pause?: () => Promise<void>
}

/** How long one transaction may take: pings wait for it. */
const SLICE_MS = 10
const SLICE_MAX = 200

/**
 * Projects and channels are known by their ids, monitors by their ping keys. Rejects with conflict when one of them
 * belongs to another project here, and with invalid when a setting is not usable; then nothing is changed.
 *
 * Everything is checked before anything is written. Then it is written in short transactions, so that pings are not
 * kept waiting; should one of them be refused, the others are undone. New projects get their owner, and are seen, when
 * all is in. Killed half way, the same import goes on where it stopped.
 */
export async function importConfiguration(deps: Deps, order: ImportOrder): Promise<ImportedItem[]> {
  const { content, ownerEmail, isDryRun, pause = () => Promise.resolve() } = order
  const ownerId = requireOwner(deps.db, { content, ownerEmail })
  const steps = content.projects.flatMap(stepsOf)
  const items = steps.map((step) => step.look(deps.db))
  requireRoom(deps.db, { content, items })
  if (isDryRun) return items
  const undos: Undo[] = []
  try {
    await inSlices(deps, { pause, items: steps, work: takeStep, keep: (undo) => undos.push(undo) })
    deps.db.write((tx) => handOver(tx, { content, ownerId }))
  } catch (error) {
    await undoAll(deps, { undos, pause, because: error })
    throw error
  }
  return items
}

function takeStep(tx: Tx, step: ImportStep): Undo {
  return step.take(tx)
}

async function undoAll(
  deps: Deps,
  { undos, pause, because }: { undos: Undo[]; pause: () => Promise<void>; because: unknown },
): Promise<void> {
  try {
    await inSlices(deps, { pause, items: undos.reverse(), work: (tx, undo) => undo(tx), keep: () => {} })
  } catch {
    const reason = messageOf(because)
    throw new AppError('conflict', `The import stopped half way: ${reason} Run it again to continue.`)
  }
}

interface Slices<T, R> {
  items: readonly T[]
  work(tx: Tx, item: T): R
  /** Gets the result of each item, after the commit. */
  keep(result: R): void
  pause(): Promise<void>
}

async function inSlices<T, R>({ db, clock }: Deps, { items, work, keep, pause }: Slices<T, R>): Promise<void> {
  for (let done = 0; done < items.length; ) {
    if (done > 0) await pause()
    const results = db.write((tx) => {
      const endsAt = clock.elapsed() + SLICE_MS
      const results: R[] = []
      for (const item of items.slice(done, done + SLICE_MAX)) {
        results.push(work(tx, item))
        if (clock.elapsed() >= endsAt) break
      }
      return { results }
    }).results
    results.forEach(keep)
    done += results.length
  }
}

// Only where there is something to own. A project that an import left half way has no owner yet.
function requireOwner(reader: Reader, { content, ownerEmail }: Pick<ImportOrder, 'content' | 'ownerEmail'>): string {
  const isOwned = ({ id }: ExportedProject): boolean => projectStore.listMembers(reader, id).length > 0
  if (content.projects.every(isOwned)) return ''
  const users = listUsers(reader)
  const owner =
    ownerEmail === null ? (users.find(({ isAdmin }) => isAdmin) ?? users[0]) : findUserByEmail(reader, ownerEmail)
  if (owner) return owner.id
  const problem = ownerEmail === null ? 'No one has an account yet' : `There is no user ${ownerEmail}`
  throw new AppError(
    'not_found',
    `${problem}: make one with "cronguard user create", so that the projects have an owner.`,
  )
}

// Everybody gets an empty project with their account: the one that comes takes its place, and not one beside it.
function handOver(tx: Tx, { content, ownerId }: { content: Exported; ownerId: string }): void {
  const exportedIds = content.projects.map(({ id }) => id)
  for (const { id, name } of content.projects) {
    if (projectStore.listMembers(tx, id).length > 0) continue
    const untouched = projectStore.listUntouchedProjects(tx, { userId: ownerId, name })
    const idle = untouched.find((other) => !exportedIds.includes(other))
    if (idle !== undefined) projectStore.deleteProject(tx, idle)
    projectStore.insertMembership(tx, { projectId: id, userId: ownerId, role: 'owner' })
  }
}

function requireRoom(reader: Reader, { content, items }: { content: Exported; items: ImportedItem[] }): void {
  for (const { id } of content.projects) {
    const created = (what: ImportedItem['what']): number => {
      return items.filter((item) => item.projectId === id && item.what === what && item.outcome === 'created').length
    }
    requireAtMost(MONITORS_MAX, 'monitors', countMonitorsOfProject(reader, id) + created('monitor'))
    requireAtMost(CHANNELS_MAX, 'channels', countChannels(reader, id) + created('channel'))
  }
}

function requireAtMost(max: number, what: string, count: number): void {
  if (count > max) throw new AppError('conflict', `A project has at most ${max} ${what}.`)
}
