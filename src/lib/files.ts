// Files that appear whole or not at all, and are on disk when they do.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  copyFileSync,
  fsyncSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { newLowerCaseToken } from './tokens.ts'

const DRAFT_MARK = '.unfinished-'
const DRAFT_NAME = /\.unfinished-[a-z0-9]{12}(-journal|-wal|-shm)?$/
const DRAFT_TOKEN_LENGTH = 12
const HASHED_AT_ONCE = 1024 * 1024

/** Makes an empty file for its owner alone, beside the one that it is to become; returns its path. */
export function makeDraft(path: string): string {
  const draft = `${path}${DRAFT_MARK}${newLowerCaseToken(DRAFT_TOKEN_LENGTH)}`
  closeSync(openSync(draft, 'wx', 0o600))
  return draft
}

/**
 * Makes an empty file for its owner alone, unless there is one. What is there is not opened: a process that closes a
 * file loses every lock that it has on it.
 */
export function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
    chownLike(dirname(path), path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

/** Removes a draft, and what SQLite may have put beside it. */
export function dropDraft(draft: string): void {
  for (const ending of ['', '-journal', '-wal', '-shm']) rmSync(draft + ending, { force: true })
}

/** Removes the drafts in `folder` that nobody has written to since `before`: who made them was killed. */
export function dropStaleDrafts(folder: string, before: number): void {
  for (const name of listFolder(folder).filter((name) => DRAFT_NAME.test(name))) {
    const changedAt = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? before
    if (changedAt < before) rmSync(join(folder, name), { force: true })
  }
}

/** Puts a draft in the place of `path`, whatever is there. */
export function replaceWithDraft(draft: string, path: string): void {
  syncFile(draft)
  renameSync(draft, path)
  syncFolder(dirname(path))
}

/** Puts a draft at `path` unless something is there already; returns whether it did. */
export function publishDraft(draft: string, path: string): boolean {
  syncFile(draft)
  try {
    linkSync(draft, path)
    unlinkSync(draft)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    // Some file systems know no links.
    renameSync(draft, path)
  }
  syncFolder(dirname(path))
  return true
}

/** Gives a file one more name, without opening it; false where the file system knows no links, or not to there. */
export function linkFile(from: string, to: string): boolean {
  try {
    linkSync(from, to)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error
    return false
  }
  syncFolder(dirname(to))
  return true
}

/** Replaces the whole content of a file that only its owner may read. */
export function writeDurably(path: string, text: string): void {
  const draft = makeDraft(path)
  try {
    const file = openSync(draft, 'w')
    writeFileSync(file, text)
    closeSync(file)
    replaceWithDraft(draft, path)
  } catch (error) {
    dropDraft(draft)
    throw error
  }
}

/** A text file of at most `max` bytes; null when there is none, or it is longer. */
export function readText(path: string, max: number): string | null {
  try {
    return sizeOf(path) > max ? null : readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** The copy is for its owner alone, whoever may read what it is made from. */
export function copyFile(from: string, to: string): void {
  copyFileSync(from, to)
  chmodSync(to, 0o600)
}

/** In bytes; 0 when there is no such file. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

/** A file, a folder, or whatever else. */
export function pathExists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

/** Of the file at `path`: "." for one that is only named. */
export function folderOf(path: string): string {
  return dirname(path)
}

/** Of the file at `path`, without the folders above it. */
export function fileNameOf(path: string): string {
  return basename(path)
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** Where a file really is, behind links; the path itself when there is none. */
export function realPath(path: string): string {
  return isFile(path) ? realpathSync(path) : path
}

/** The names of what is in a folder; none when there is no such folder. */
export function listFolder(folder: string): string[] {
  return isFolder(folder) ? readdirSync(folder) : []
}

export function removeFile(path: string): void {
  rmSync(path, { force: true })
}

/** Makes a folder for its owner alone, with those above it, unless it is there. */
export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
}

/**
 * What root makes among the files of another user belongs to that user: `model` is one of those files. Follows no link:
 * the user may have put one there.
 */
export function chownLike(model: string, ...paths: string[]): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(model)
  for (const path of paths) lchownSync(path, uid, gid)
}

export function sha256OfFile(path: string): string {
  const hash = createHash('sha256')
  const buffer = new Uint8Array(HASHED_AT_ONCE)
  const file = openSync(path, 'r')
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, read))
    }
  } finally {
    closeSync(file)
  }
  return hash.digest('hex')
}

/** The names in a folder are on disk when this returns, where the file system can promise that. */
export function syncFolder(folder: string): void {
  try {
    syncFile(folder)
  } catch (error) {
    if (codeOf(error) !== 'EINVAL') throw error
  }
}

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

/** The content of a file is on disk when this returns. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
