// Makes and lists backups of the database, while it is in use.
import type { Deps } from '#deps.ts'
import {
  backupMadeAt,
  backupName,
  backupsAmong,
  expiredBackups,
  isBackupDue,
  isBackupName,
  manifestOf,
} from '#domain/backup.ts'
import { AppError, isTooMany, messageOf, tryWrite } from '#lib/errors.ts'
import { dropDraft, fileNameOf, folderOf, isFile, isFolder, listFolder, makeDraft, pathExists } from '#lib/files.ts'
import { sizeInWords } from '#lib/size.ts'
import { runInWorker } from '#lib/worker.ts'
import { BACKUP_WORKER, type CopyFacts } from '#store/backup.ts'
import type { Reader } from '#store/database.ts'
import { findInstalledAt } from '#store/migrations.ts'
import { findSetting, saveSetting } from '#store/settings.ts'
import {
  asAppError,
  backupFolder,
  databasePath,
  hasManifest,
  type MadeCopy,
  type Place,
  prepareFolder,
  publishCopy,
  readManifest,
  removeCopy,
  replaceCopy,
} from './copies.ts'
import { requireDatabase } from './data-folder.ts'

export interface BackupOrder {
  /** A file, or a folder in which the backup is named by its time. Null for the default folder. */
  to: string | null
  /** How many backups named by CronGuard to keep in this folder. Null to keep all. */
  keep: number | null
}

const FAILURE = 'backup-failure'
const SHOWN_MAX = 20

const CANCELED = new Error('The backup was canceled.')

/** Running backups of this process by data folder, with the controller that cancels them. */
const backupsUnderWay = new Map<string, AbortController>()

/**
 * Makes a backup in a separate thread. Throws conflict when it fails, and too_many while another one is running. A
 * failed backup leaves no files, and older backups are unchanged.
 */
export async function makeBackup(place: Place, { to, keep }: BackupOrder): Promise<MadeCopy> {
  const { dataDir } = place.config
  if (backupsUnderWay.has(dataDir)) throw new AppError('too_many', 'Another backup is already running.')
  const ending = new AbortController()
  backupsUnderWay.set(dataDir, ending)
  try {
    const made = await copyTo(place, { target: targetOf(place, to), signal: ending.signal })
    if (keep !== null) dropExpired(made.path, keep)
    return made
  } catch (error) {
    throw asAppError(error, 'The backup failed')
  } finally {
    backupsUnderWay.delete(dataDir)
  }
}

/** Cancels the running backup, without leaving files. */
export function cancelBackup({ config }: Pick<Deps, 'config'>): void {
  backupsUnderWay.get(config.dataDir)?.abort(CANCELED)
}

/** `under-way` means that another backup is running. */
export type BackupOutcome = 'made' | 'failed' | 'under-way' | 'given-up'

/** Makes a backup in the default folder, deletes expired ones, and stores a failure for the log and the page. */
export async function keepBackup(deps: Deps): Promise<BackupOutcome> {
  const keep = deps.config.backupKeep || null
  try {
    const { path, manifest } = await makeBackup(deps, { to: null, keep })
    deps.log.info('Backup created', { file: path, size: sizeInWords(manifest.bytes) })
    return 'made'
  } catch (error) {
    if (error === CANCELED) return 'given-up'
    if (isTooMany(error)) return 'under-way'
    const reason = error instanceof AppError ? { problem: error.message } : { error }
    deps.log.error('Backup failed; older backups are unchanged', reason)
    const failure = JSON.stringify({ at: deps.clock.now(), problem: messageOf(error) })
    tryWrite(() => deps.db.write((tx) => saveSetting(tx, { name: FAILURE, value: failure })))
    return 'failed'
  }
}

/** A backup as pages show it. */
export interface ShownBackup {
  name: string
  madeAt: number
  bytes: number
}

export interface BackupState {
  /** The newest backups, newest first. */
  backups: ShownBackup[]
  /** Why the last backup failed. Null when it succeeded. */
  failure: { at: number; problem: string } | null
  isUnderWay: boolean
}

export function readBackups(deps: Deps): BackupState {
  const backups = listBackups(deps)
  const text = findSetting(deps.db, FAILURE)
  const failure = text === null ? null : (JSON.parse(text) as { at: number; problem: string })
  const last = backups.find(({ madeAt }) => madeAt <= deps.clock.now())
  const isOver = failure !== null && last !== undefined && last.madeAt >= failure.at
  return { backups, failure: isOver ? null : failure, isUnderWay: backupsUnderWay.has(deps.config.dataDir) }
}

/**
 * The time of the newest backup, from its name, which is cheap to read. Null when there is none. Names in the future
 * are ignored, because they come from a wrong clock.
 */
export function newestBackupAt(place: Place): number | null {
  const folder = backupFolder(place)
  const now = place.clock.now()
  const isCurrent = (name: string): boolean => (backupMadeAt(name) ?? 0) <= now && hasManifest(`${folder}/${name}`)
  const newest = backupsAmong(listFolder(folder)).find(isCurrent)
  return newest === undefined ? null : backupMadeAt(newest)
}

/** Whether backups are dated in the future: the clock is behind, or was ahead. */
export function hasBackupAhead(place: Place): boolean {
  const folder = backupFolder(place)
  const now = place.clock.now()
  return backupsAmong(listFolder(folder)).some(
    (name) => (backupMadeAt(name) ?? 0) > now && hasManifest(`${folder}/${name}`),
  )
}

/** Since when backups are expected: a new installation has none before its first night. */
export function backupsSince({ db, clock }: Pick<Deps, 'clock'> & { db: Reader }): number {
  const installedAt = findInstalledAt(db) ?? clock.now()
  // An installation date in the future comes from a wrong clock, so it counts as unknown.
  return installedAt <= clock.now() ? installedAt : 0
}

/** The path of a backup in the default folder. Throws not_found. */
export function findBackup(place: Pick<Deps, 'config'>, name: string): string {
  const path = `${backupFolder(place)}/${name}`
  if (isBackupName(name) && isFile(path)) return path
  throw new AppError('not_found', 'Backup not found.')
}

/** `triedAt` is when this process last started a nightly backup, or null. */
export function isNightlyBackupDue(deps: Deps, triedAt: number | null): boolean {
  if (deps.config.backupKeep === 0) return false
  const lastAt = newestBackupAt(deps) ?? backupsSince(deps)
  return isBackupDue({ now: deps.clock.now(), lastAt, triedAt })
}

function listBackups(place: Pick<Deps, 'config'>): ShownBackup[] {
  const folder = backupFolder(place)
  const complete = backupsAmong(listFolder(folder)).filter((name) => hasManifest(`${folder}/${name}`))
  return complete.slice(0, SHOWN_MAX).flatMap((name) => {
    const manifest = readManifest(`${folder}/${name}`)
    return manifest === null ? [] : [{ name, madeAt: Date.parse(manifest.made_at), bytes: manifest.bytes }]
  })
}

interface Target {
  folder: string
  /** Null when the backup is named by its time. */
  file: string | null
}

function targetOf(place: Place, to: string | null): Target {
  if (to === null) return { folder: backupFolder(place), file: null }
  if (isFolder(to)) return { folder: to, file: null }
  const folder = folderOf(to)
  if (!isFolder(folder)) throw new AppError('not_found', `The folder ${folder} does not exist.`)
  if ((pathExists(to) || hasManifest(to)) && readManifest(to) === null) {
    const found = pathExists(to) ? to : manifestOf(to)
    throw new AppError('conflict', `${found} exists and is not a backup with a manifest. Choose another file.`)
  }
  return { folder, file: to }
}

async function copyTo(place: Place, { target, signal }: { target: Target; signal: AbortSignal }) {
  const from = databasePath(place)
  requireDatabase(place)
  const { folder, file } = target
  prepareFolder(place, folder)
  const madeAt = place.clock.now()
  const nameOf = (number: number): string => backupName(madeAt, number)
  const draft = makeDraft(file ?? `${folder}/${nameOf(1)}`)
  try {
    const facts = await runInWorker<CopyFacts>(BACKUP_WORKER, { question: { from, to: draft }, signal })
    if (file !== null) return replaceCopy({ draft, path: file, facts, madeAt })
    return publishCopy({ draft, facts, madeAt, folder, nameOf })
  } catch (error) {
    dropDraft(draft)
    throw error
  }
}

function dropExpired(madePath: string, keep: number): void {
  const folder = folderOf(madePath)
  for (const name of expiredBackups(listFolder(folder), keep)) {
    if (name !== fileNameOf(madePath)) removeCopy(`${folder}/${name}`)
  }
}
