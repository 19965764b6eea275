// Checks the machine: folder, permissions, disk, clock and time zones.
import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { diskProblem } from '#domain/warnings.ts'
import { systemClock } from '#lib/clock.ts'
import { diskSpace, isDiskFull } from '#lib/disk.ts'
import { DAY, momentInWords } from '#lib/duration.ts'
import { messageOf } from '#lib/errors.ts'
import { sizeInWords } from '#lib/size.ts'
import { runForOutput } from '#lib/system.ts'
import { isInZoneDatabase } from '#lib/zone-time.ts'
import { readHeartbeat } from '#store/heartbeat.ts'
import { warningOf } from '#words/warnings.ts'
import { databaseSize, inDatabase } from './database.ts'
import { bad, type Check, ok, warn } from './finding.ts'

const OPEN_TO_OTHERS = 0o077
/** File systems by their numbers in statfs(2). SQLite's locks are unreliable on these. */
const NETWORK_FILE_SYSTEMS: Record<number, string> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'SMB',
  4266872130: 'SMB',
  1702057286: 'FUSE',
  16914839: '9P',
  12805120: 'Ceph',
  2020557398: 'a VirtualBox shared folder',
}
const TEMPORARY_FILE_SYSTEMS: Record<number, string> = {
  2035054128: "is in the container's own layer and is deleted with it. Mount a volume there",
  16914836: 'is in memory and will be lost when the machine restarts. Use a disk',
}
const LOCAL_FILE_SYSTEMS: Record<number, string> = {
  61267: 'ext4',
  1481003842: 'XFS',
  2435016766: 'Btrfs',
  801189825: 'ZFS',
  4076150800: 'F2FS',
  3393526350: 'bcachefs',
}

export const folder: Check = ({ dataDir }) => {
  const found = statSync(dataDir, { throwIfNoEntry: false })
  if (!found) return bad(`${dataDir} does not exist. If CRONGUARD_DATA_DIR is right, the first start creates it.`)
  // Some systems return the number as a signed integer.
  const kind = Number(statfsSync(dataDir).type) >>> 0
  if (NETWORK_FILE_SYSTEMS[kind])
    return bad(`${dataDir} is on ${NETWORK_FILE_SYSTEMS[kind]}, which can damage databases. Use a local disk.`)
  if (TEMPORARY_FILE_SYSTEMS[kind]) return warn(`${dataDir} ${TEMPORARY_FILE_SYSTEMS[kind]}.`)
  if (LOCAL_FILE_SYSTEMS[kind]) return ok(`${dataDir} is on a local disk (${LOCAL_FILE_SYSTEMS[kind]}).`)
  return ok(
    `${dataDir} is on a file system of type 0x${kind.toString(16)}. Local disks are fine, network drives are not.`,
  )
}

const ROOT = 0

/** Whether the service user has access to the data folder, and others do not. */
export const access: Check = ({ dataDir }) => {
  const home = statSync(dataDir, { throwIfNoEntry: false })
  if (!home) return warn('The data folder does not exist yet.')
  const files = readdirSync(dataDir).flatMap((name) => ownFile(dataDir, name))
  const foreign = files.find(({ uid }) => uid !== home.uid)
  if (foreign)
    return bad(
      `${foreign.name} belongs to user ${foreign.uid}, but the folder belongs to user ${home.uid}. ` +
        "Change the file's owner with `chown`.",
    )
  const own = process.getuid?.() ?? home.uid
  const problem = own === home.uid || own === ROOT ? problemOfWriting(dataDir, files) : null
  if (problem !== null) return bad(`CronGuard cannot write to the data folder: ${problem}.`)
  if (isOpen(home.mode)) return warn(`Other users can read ${dataDir}. \`chmod 700\` it.`)
  const open = files.find(({ isFile, mode }) => isFile && isOpen(mode))
  if (open) return warn(`${open.name} is readable by other users; only the folder protects it. \`chmod 600\` it.`)
  if (own !== home.uid)
    return warn(`All files belong to user ${home.uid}, but this is user ${own}. Run commands as user ${home.uid}.`)
  return ok(`All files belong to user ${home.uid}, and no one else can read them.`)
}

/** The system's error, or null when this user may write. Checking changes nothing. */
function problemOfWriting(dataDir: string, files: readonly OwnFile[]): string | null {
  try {
    accessSync(dataDir, constants.W_OK | constants.X_OK)
    for (const { name, isFile } of files) {
      const path = join(dataDir, name)
      if (existsSync(path)) accessSync(path, isFile ? constants.W_OK : constants.W_OK | constants.X_OK)
    }
    return null
  } catch (error) {
    return messageOf(error)
  }
}

// Ignores folders like lost+found of a mount point, and SQLite files that vanish during the check.
function ownFile(dataDir: string, name: string): OwnFile[] {
  const stats = statSync(join(dataDir, name), { throwIfNoEntry: false })
  if (!stats?.isFile() && name !== 'backups') return []
  return stats ? [{ name, uid: stats.uid, mode: stats.mode, isFile: stats.isFile() }] : []
}

interface OwnFile {
  name: string
  uid: number
  mode: number
  isFile: boolean
}

function isOpen(mode: number): boolean {
  return (mode & OPEN_TO_OTHERS) !== 0
}

const FREE_SPACE_ADVICE = 'Free some space or use a larger disk. CronGuard then continues by itself.'

export const disk: Check = (config) => {
  const space = diskSpace(existingFolder(resolve(config.dataDir)))
  if (space === null) {
    return warn('The file system does not report its free space, so CronGuard cannot warn you. Monitor it yourself.')
  }
  const says = `${sizeInWords(space.freeBytes)} of ${sizeInWords(space.totalBytes)} free`
  if (isDiskFull(space)) return bad(`The disk is full: ${says}. CronGuard cannot record pings. ${FREE_SPACE_ADVICE}`)
  const problem = diskProblem({ ...config, disk: space, databaseBytes: databaseSize(config) })
  return problem === null ? ok(`${says}.`) : warn(`${warningOf(problem).text} ${FREE_SPACE_ADVICE}`)
}

// The first start creates missing folders, so the nearest existing parent is checked.
function existingFolder(path: string): string {
  return existsSync(path) ? path : existingFolder(dirname(path))
}

export const clock: Check = async (config) => {
  const now = systemClock.now()
  const says = `It is ${momentInWords(now)}`
  const aliveAt = inDatabase(config, readHeartbeat)?.aliveAt ?? 0
  if (now < aliveAt) return bad(`${says}, but CronGuard last ran at ${momentInWords(aliveAt)}. Set the clock.`)
  if (now < installedAt() - DAY) return bad(`${says}, which is before CronGuard was installed. Set the clock.`)
  const keeping = await runForOutput(['timedatectl', 'show', '--property', 'NTPSynchronized', '--value'])
  if (keeping === 'no') return warn(`${says}, but the clock is not synchronized. Run \`timedatectl set-ntp true\`.`)
  return ok(keeping === 'yes' ? `${says}, and the clock is synchronized.` : `${says}.`)
}

// The modification time of the executable. When run from source, that is the time of bun's.
function installedAt(): number {
  return statSync(process.execPath, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

export const zones: Check = () => {
  if (!isInZoneDatabase('Europe/Berlin')) {
    return warn('The system has no time zone database, so CronGuard uses its built-in one. Install tzdata.')
  }
  const release = zoneRelease()
  return ok(`CronGuard uses the system's time zone database${release ? `, release ${release}` : ''}.`)
}

// The first line of the file is "# version 2026a". Not every distribution has it.
function zoneRelease(): string | null {
  try {
    const text = readFileSync('/usr/share/zoneinfo/tzdata.zi', 'latin1').slice(0, 80)
    return /^# version (\w{1,10})/.exec(text)?.[1] ?? null
  } catch {
    return null
  }
}
