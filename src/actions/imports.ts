// Imports an exported configuration, completely or not at all. Everything that is not in the export stays unchanged.
import type { Deps } from '#deps.ts'
import { CHANNELS_MAX } from '#domain/channel.ts'
import { checkExport, type Exported, type ExportedProject } from '#domain/export.ts'
import { MONITORS_MAX } from '#domain/monitor.ts'
import { AppError, messageOf } from '#lib/errors.ts'
import { findUserByEmail, listUsers } from '#store/accounts.ts'
import { countChannels } from '#store/channels.ts'
import type { Reader, Tx } from '#store/database.ts'
import { countMonitorsOfProject } from '#store/monitor-lists.ts'
import * as projectStore from '#store/projects.ts'
import { exportProblemInWords } from '#words/export-problems.ts'
import type { ImportedItem, ImportStep, Undo } from './import-decisions.ts'
import { stepsOf } from './import-steps.ts'

export interface ImportOrder {
  content: Exported
  /** The owner of new projects. Null for the first administrator. */
  ownerEmail: string | null
  /** Whether to return what would be done, without doing it. */
  isDryRun: boolean
  /** Waits between transactions, so that other processes can write. */
  pause?: () => Promise<void>
}

/** Reads the text of an export. Throws `invalid` with the places of the errors. */
export function readExport(text: string): Exported {
  const checked = checkExport(text)
  if ('problem' in checked) throw new AppError('invalid', exportProblemInWords(checked.problem))
  return checked.content
}

/** The maximum duration of one transaction, because pings wait for it. */
const SLICE_MS = 10
const SLICE_MAX = 200

/**
 * Identifies projects and channels by id, monitors by ping key. Rejects with conflict when one of them belongs to
 * another project, and with invalid for a wrong setting. Nothing is changed then.
 *
 * Everything is checked first, then written in short transactions, so that pings do not wait long. If one of them is
 * refused, the others are undone. New projects get their owner last, and are invisible until then. If the process is
 * killed, running the same import again completes it.
 */
export async function importConfiguration(deps: Deps, order: ImportOrder): Promise<ImportedItem[]> {
  const { content, ownerEmail, isDryRun, pause = () => Promise.resolve() } = order
  const ownerId = requireOwner(deps.db, { content, ownerEmail })
  const steps = content.projects.flatMap((project) => stepsOf(deps, project))
  const items = steps.map((step) => step.plan(deps.db))
  requireCapacity(deps.db, { content, items })
  if (isDryRun) return items
  const undos: Undo[] = []
  try {
    await inSlices(deps, { pause, items: steps, work: takeStep, keep: (undo) => undos.push(undo) })
    deps.db.write((tx) => handOver(tx, { content, ownerId }))
  } catch (error) {
    await undoAll(deps, { undos, pause, cause: error })
    throw error
  }
  return items
}

function takeStep(tx: Tx, step: ImportStep): Undo {
  return step.apply(tx)
}

async function undoAll(
  deps: Deps,
  { undos, pause, cause }: { undos: Undo[]; pause: () => Promise<void>; cause: unknown },
): Promise<void> {
  try {
    await inSlices(deps, { pause, items: undos.reverse(), work: (tx, undo) => undo(tx), keep: () => {} })
  } catch {
    const reason = messageOf(cause)
    throw new AppError('conflict', `The import was interrupted: ${reason} Run it again to complete it.`)
  }
}

interface Slices<T, R> {
  items: readonly T[]
  work(tx: Tx, item: T): R
  /** Called with the result of each item after the commit. */
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

// Returns '' when all projects have an owner. A project of an interrupted import has none yet.
function requireOwner(reader: Reader, { content, ownerEmail }: Pick<ImportOrder, 'content' | 'ownerEmail'>): string {
  const isOwned = ({ id }: ExportedProject): boolean => projectStore.listMembers(reader, id).length > 0
  if (content.projects.every(isOwned)) return ''
  const users = listUsers(reader)
  const owner =
    ownerEmail === null ? (users.find(({ isAdmin }) => isAdmin) ?? users[0]) : findUserByEmail(reader, ownerEmail)
  if (owner) return owner.id
  const problem = ownerEmail === null ? 'No user exists yet' : `No user has the email address ${ownerEmail}`
  throw new AppError('not_found', `${problem}. Create one with "cronguard user create" to own the projects.`)
}

// Every new user gets an empty project. An imported project with the same name replaces it.
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

function requireCapacity(reader: Reader, { content, items }: { content: Exported; items: ImportedItem[] }): void {
  for (const { id } of content.projects) {
    const created = (what: ImportedItem['what']): number => {
      return items.filter((item) => item.projectId === id && item.what === what && item.outcome === 'created').length
    }
    requireAtMost(MONITORS_MAX, 'monitors', countMonitorsOfProject(reader, id) + created('monitor'))
    requireAtMost(CHANNELS_MAX, 'channels', countChannels(reader, id) + created('channel'))
  }
}

function requireAtMost(max: number, what: string, count: number): void {
  if (count > max) throw new AppError('conflict', `A project can have at most ${max} ${what}.`)
}
