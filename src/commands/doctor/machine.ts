// What CronGuard needs of the machine.
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
/** File systems by their numbers in statfs(2). On these SQLite's locks do not hold. */
const NETWORK_FILE_SYSTEMS: Record<number, string> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'SMB',
  4266872130: 'SMB',
  1702057286: 'FUSE',
  16914839: '9P',
  12805120: 'Ceph',
  2020557398: 'a shared folder of VirtualBox',
}
const TEMPORARY_FILE_SYSTEMS: Record<number, string> = {
  2035054128: "is in the container's own layer and goes with it. Mount a volume there",
  16914836: 'is in memory and gone after a restart of the machine. Use a disk',
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
  if (!found) return bad(`There is no folder ${dataDir}. The first start makes it, if CRONGUARD_DATA_DIR is right.`)
  // Some systems tell the number with a sign.
  const kind = Number(statfsSync(dataDir).type) >>> 0
  if (NETWORK_FILE_SYSTEMS[kind])
    return bad(`${dataDir} is on ${NETWORK_FILE_SYSTEMS[kind]}, where a database gets damaged. Use a local disk.`)
  if (TEMPORARY_FILE_SYSTEMS[kind]) return warn(`${dataDir} ${TEMPORARY_FILE_SYSTEMS[kind]}.`)
  if (LOCAL_FILE_SYSTEMS[kind]) return ok(`${dataDir} is on a local disk with ${LOCAL_FILE_SYSTEMS[kind]}.`)
  return ok(
    `${dataDir} is on a file system of kind 0x${kind.toString(16)}: fine on a local disk, and never over a network.`,
  )
}

const ROOT = 0

/** Who may look, and whether the user of the service may. */
export const access: Check = ({ dataDir }) => {
  const home = statSync(dataDir, { throwIfNoEntry: false })
  if (!home) return warn('There is no folder yet.')
  const files = readdirSync(dataDir).flatMap((name) => ownFile(dataDir, name))
  const foreign = files.find(({ uid }) => uid !== home.uid)
  if (foreign) return bad(`${foreign.name} belongs to user ${foreign.uid}, the folder to ${home.uid}. \`chown\` it.`)
  const own = process.getuid?.() ?? home.uid
  const problem = own === home.uid || own === ROOT ? problemOfWriting(dataDir, files) : null
  if (problem !== null) return bad(`CronGuard cannot write there: ${problem}.`)
  if (isOpen(home.mode)) return warn(`Others may look into ${dataDir}. \`chmod 700\` it.`)
  const open = files.find(({ isFile, mode }) => isFile && isOpen(mode))
  if (open) return warn(`Others may read ${open.name}, once they get into the folder. \`chmod 600\` it.`)
  if (own !== home.uid) return warn(`All belongs to user ${home.uid}, and this is ${own}: run commands as that one.`)
  return ok(`All belongs to user ${home.uid}, and nobody else may read it.`)
}

/** What the system says against it; null when this user may. Nothing is changed by asking. */
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

// A mount point has a folder of the system's own, and SQLite's files come and go while one looks.
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

const MAKE_ROOM = 'Delete what nobody needs, or use a larger one; CronGuard goes on by itself.'

export const disk: Check = (config) => {
  const space = diskSpace(existingFolder(resolve(config.dataDir)))
  if (space === null) {
    return warn('Its file system does not say how much room it has, so nobody is warned. Watch it where it is kept.')
  }
  const says = `${sizeInWords(space.freeBytes)} of ${sizeInWords(space.totalBytes)} are free`
  if (isDiskFull(space)) return bad(`It is full: ${says}, and no ping can be recorded. ${MAKE_ROOM}`)
  const problem = diskProblem({ disk: space, databaseBytes: databaseSize(config) })
  return problem === null ? ok(`${says}.`) : warn(`${warningOf(problem).text} ${MAKE_ROOM}`)
}

// The first start makes what is missing of the path.
function existingFolder(path: string): string {
  return existsSync(path) ? path : existingFolder(dirname(path))
}

export const clock: Check = async (config) => {
  const now = systemClock.now()
  const says = `It is ${momentInWords(now)}`
  const aliveAt = inDatabase(config, readHeartbeat)?.aliveAt ?? 0
  if (now < aliveAt) return bad(`${says}, but CronGuard was alive at ${momentInWords(aliveAt)}. Set the clock.`)
  if (now < installedAt() - DAY) return bad(`${says}, which was before this program was installed. Set the clock.`)
  const keeping = await runForOutput(['timedatectl', 'show', '--property', 'NTPSynchronized', '--value'])
  if (keeping === 'no') return warn(`${says}, but nothing keeps the clock right. \`timedatectl set-ntp true\` does.`)
  return ok(keeping === 'yes' ? `${says}, and the clock is kept right.` : `${says}.`)
}

// When the file was written that runs. Run from its source, that is bun's.
function installedAt(): number {
  return statSync(process.execPath, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

export const zones: Check = () => {
  if (!isInZoneDatabase('Europe/Berlin')) {
    return warn('The system has no time zone database: those inside CronGuard count. Install tzdata.')
  }
  const release = zoneRelease()
  return ok(`They come from the system's database${release ? `, release ${release}` : ''}.`)
}

// "# version 2026a" is its first line, where the distribution has that file at all.
function zoneRelease(): string | null {
  try {
    const text = readFileSync('/usr/share/zoneinfo/tzdata.zi', 'latin1').slice(0, 80)
    return /^# version (\w{1,10})/.exec(text)?.[1] ?? null
  } catch {
    return null
  }
}
