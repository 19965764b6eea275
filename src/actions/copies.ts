// Names copies of the database, writes their manifests, and removes leftovers of interrupted copies.

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

/** The dependencies of code that only copies the database. */
export type Place = Pick<Deps, 'config' | 'clock'>

export interface MadeCopy {
  path: string
  manifest: Manifest
}

const MANIFEST_MAX = 64_000
/** No copy pauses this long between two writes, so an older draft was abandoned. */
const DRAFT_STALE_MS = HOUR
const SAME_SECOND_MAX = 99

export function databasePath({ config }: Pick<Deps, 'config'>): string {
  return `${config.dataDir}/${DATABASE_FILE}`
}

export function backupFolder({ config }: Pick<Deps, 'config'>): string {
  return `${config.dataDir}/backups`
}

/** Creates the folder if it is missing, and removes drafts of killed copies. */
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
  /** The name to use when `number - 1` others are taken. */
  nameOf(number: number): string
}

/** Turns a draft into a copy with a manifest, under the first free name. */
export function publishCopy({ draft, facts, madeAt, folder, nameOf }: Publication): MadeCopy {
  for (let number = 1; number <= SAME_SECOND_MAX; number++) {
    const path = `${folder}/${nameOf(number)}`
    if (publishDraft(draft, path)) return describeCopy({ path, facts, madeAt })
  }
  throw new AppError('conflict', `${folder} has too many files like ${nameOf(1)}.`)
}

// After a crash halfway, the new copy still has the old manifest and looks damaged. Without a manifest, no cleanup
// would ever find it.
/** Moves a draft to `path`, where it replaces an earlier copy. */
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

/** Null when it is missing or invalid. */
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

// The manifest is removed first, because a copy without one counts as incomplete.
export function removeCopy(path: string): void {
  removeFile(manifestOf(path))
  removeFile(path)
}

/** Turns an error of the system into an AppError with a sentence. Other errors are bugs and stay as they are. */
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
