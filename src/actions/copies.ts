// How a copy of the database gets its name and its manifest, and how what is left of others is cleared away.

import type { Deps } from '#deps.ts'
import { Manifest, manifestOf } from '#domain/backup.ts'
import { HOUR } from '#lib/duration.ts'
import { AppError, messageOf } from '#lib/errors.ts'
import {
  chownLike,
  codeOf,
  dropStaleDrafts,
  folderOf,
  isFile,
  isFolder,
  makeFolder,
  publishDraft,
  readText,
  removeFile,
  replaceWithDraft,
  writeDurably,
} from '#lib/files.ts'
import { version } from '#package.json' with { type: 'json' }
import type { CopyFacts } from '#store/backup.ts'
import { DATABASE_FILE } from '#store/database.ts'

/** What is needed where the database is only copied. */
export type Place = Pick<Deps, 'config' | 'clock'>

export interface MadeCopy {
  path: string
  manifest: Manifest
}

const MANIFEST_MAX = 64_000
/** Nobody waits this long between two writes to a draft. */
const DRAFT_STALE_MS = HOUR
const SAME_SECOND_MAX = 99

export function databasePath({ config }: Pick<Deps, 'config'>): string {
  return `${config.dataDir}/${DATABASE_FILE}`
}

export function backupFolder({ config }: Pick<Deps, 'config'>): string {
  return `${config.dataDir}/backups`
}

/** Makes the folder if it is not there, and clears away what copies left that were killed. */
export function prepareFolder({ config, clock }: Place, folder: string): void {
  const isNew = !isFolder(folder)
  makeFolder(folder)
  if (isNew) chownLike(config.dataDir, folder)
  dropStaleDrafts(folder, clock.now() - DRAFT_STALE_MS)
}

export interface Publication {
  draft: string
  facts: CopyFacts
  madeAt: number
  folder: string
  /** The name to take when `number - 1` others are taken. */
  nameOf(number: number): string
}

/** A draft becomes a copy with a manifest, under the first name that is free. */
export function publishCopy({ draft, facts, madeAt, folder, nameOf }: Publication): MadeCopy {
  for (let number = 1; number <= SAME_SECOND_MAX; number++) {
    const path = `${folder}/${nameOf(number)}`
    if (publishDraft(draft, path)) return describeCopy({ path, facts, madeAt })
  }
  throw new AppError('conflict', `There are too many files like ${nameOf(1)} in ${folder}.`)
}

// With the old manifest a new copy is only taken for damaged, until the next one; without any it would be nobody's.
/** A draft becomes the copy at `path`, in the place of one that was there before. */
export function replaceCopy({
  draft,
  path,
  ...made
}: {
  draft: string
  path: string
  facts: CopyFacts
  madeAt: number
}): MadeCopy {
  replaceWithDraft(draft, path)
  return describeCopy({ path, ...made })
}

/** Null when there is none, or it cannot be read as one. */
export function readManifest(path: string): Manifest | null {
  const text = readText(manifestOf(path), MANIFEST_MAX)
  try {
    return text === null ? null : Manifest.parse(JSON.parse(text))
  } catch {
    return null
  }
}

export function hasManifest(path: string): boolean {
  return isFile(manifestOf(path))
}

// The manifest first: a copy without one is seen to be incomplete.
export function removeCopy(path: string): void {
  removeFile(manifestOf(path))
  removeFile(path)
}

/** What the system says against it becomes a sentence; a fault of ours stays one. */
export function asAppError(error: unknown, whatFailed: string): unknown {
  if (error instanceof AppError || !/^(E[A-Z]+|SQLITE_\w+)$/.test(codeOf(error) ?? '')) return error
  return new AppError('conflict', `${whatFailed}: ${messageOf(error)}.`)
}

interface Copy {
  path: string
  facts: CopyFacts
  madeAt: number
}

function describeCopy({ path, facts, madeAt }: Copy): MadeCopy {
  const { schema, bytes, sha256, counts } = facts
  const manifest = { cronguard: version, schema, made_at: new Date(madeAt).toISOString(), bytes, sha256, counts }
  writeDurably(manifestOf(path), `${JSON.stringify(manifest, null, 2)}\n`)
  chownLike(folderOf(path), path, manifestOf(path))
  return { path, manifest }
}
