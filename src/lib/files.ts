// Writes files atomically: a file appears complete or not at all, and is synced to disk.
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

/** Creates an empty file with mode 0600 next to `path`, to be renamed to it later. Returns the draft's path. */
export function makeDraft(path: string): string {
  const draft = `${path}${DRAFT_MARK}${newLowerCaseToken(DRAFT_TOKEN_LENGTH)}`
  closeSync(openSync(draft, 'wx', 0o600))
  return draft
}

/**
 * Creates an empty file with mode 0600 unless it exists. An existing file is not opened, because closing a file drops
 * all locks that the process holds on it.
 */
export function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
    chownLike(dirname(path), path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

/** Removes a draft and the files that SQLite may have created next to it. */
export function dropDraft(draft: string): void {
  for (const ending of ['', '-journal', '-wal', '-shm']) rmSync(draft + ending, { force: true })
}

/** Removes drafts in `folder` that were last written before `before`: the process that made them was killed. */
export function dropStaleDrafts(folder: string, before: number): void {
  for (const name of listFolder(folder).filter((name) => DRAFT_NAME.test(name))) {
    const changedAt = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? before
    if (changedAt < before) rmSync(join(folder, name), { force: true })
  }
}

/** Renames a draft to `path`, replacing any existing file. */
export function replaceWithDraft(draft: string, path: string): void {
  syncFile(draft)
  renameSync(draft, path)
  syncFolder(dirname(path))
}

/** Renames a draft to `path` unless that exists. Returns whether it did. */
export function publishDraft(draft: string, path: string): boolean {
  syncFile(draft)
  try {
    linkSync(draft, path)
    unlinkSync(draft)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    // Some file systems do not support hard links.
    renameSync(draft, path)
  }
  syncFolder(dirname(path))
  return true
}

/** Creates a hard link without opening the file. Returns false when the file system does not support it. */
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

/** Replaces the content of a file with mode 0600. */
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

/** Reads a text file of at most `max` bytes. Null when it does not exist or is larger. */
export function readText(path: string, max: number): string | null {
  try {
    return sizeOf(path) > max ? null : readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

/** Copies a file. The copy has mode 0600, whatever the mode of the original. */
export function copyFile(from: string, to: string): void {
  copyFileSync(from, to)
  chmodSync(to, 0o600)
}

/** The size in bytes, or 0 when the file does not exist. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

/** Whether a file, a folder or anything else exists at this path. */
export function pathExists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

/** The folder of the file at `path`, or "." when the path has none. */
export function folderOf(path: string): string {
  return dirname(path)
}

/** The file name without its folders. */
export function fileNameOf(path: string): string {
  return basename(path)
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** The path behind symbolic links, or the path itself when the file does not exist. */
export function realPath(path: string): string {
  return isFile(path) ? realpathSync(path) : path
}

/** The names in a folder, or none when the folder does not exist. */
export function listFolder(folder: string): string[] {
  return isFolder(folder) ? readdirSync(folder) : []
}

export function removeFile(path: string): void {
  rmSync(path, { force: true })
}

/** Creates a folder with mode 0700, and its parents, unless it exists. */
export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
}

/**
 * Gives files that root created the owner of `model`, so that the service user can use them. It does not follow links,
 * because that user may have planted one.
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

/** Syncs the names in a folder to disk, where the file system supports it. */
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

/** Syncs the content of a file to disk. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
