// What CronGuard needs of the machine.
import { readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '#lib/clock.ts'
import { diskSpace } from '#lib/disk.ts'
import { DAY, momentInWords } from '#lib/duration.ts'
import { sizeInWords } from '#lib/size.ts'
import { askSystem } from '#lib/system.ts'
import { isInZoneDatabase } from '#lib/zone-time.ts'
import { readHeartbeat } from '#store/heartbeat.ts'
import { inDatabase, warningOf } from './database.ts'
import { bad, type Examination, ok, warn } from './finding.ts'

const OPEN_TO_OTHERS = 0o077
/** SQLite's locks do not hold there. */
const UNFIT: Record<number, string> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'SMB',
  4266872130: 'SMB',
  1702057286: 'FUSE',
  16914839: '9P',
  12805120: 'Ceph',
  2020557398: 'a shared folder of VirtualBox',
}
const FLEETING: Record<number, string> = {
  2035054128: "is in the container's own layer and goes with it. Mount a volume there",
  16914836: 'is in memory and gone after a restart of the machine. Use a disk',
}

export const folder: Examination = ({ dataDir }) => {
  const found = statSync(dataDir, { throwIfNoEntry: false })
  if (!found) return bad(`There is no folder ${dataDir}. The first start makes it, if CRONGUARD_DATA_DIR is right.`)
  // Some systems tell the number with a sign.
  const kind = Number(statfsSync(dataDir).type) >>> 0
  if (UNFIT[kind]) return bad(`${dataDir} is on ${UNFIT[kind]}, where a database gets damaged. Use a local disk.`)
  if (FLEETING[kind]) return warn(`${dataDir} ${FLEETING[kind]}.`)
  return ok(`${dataDir} is on a local disk.`)
}

/** Who may look, and whether the user of the service may. */
export const access: Examination = ({ dataDir }) => {
  const home = statSync(dataDir, { throwIfNoEntry: false })
  if (!home) return warn('There is no folder yet.')
  const files = readdirSync(dataDir).flatMap((name) => ownFile(dataDir, name))
  const foreign = files.find(({ uid }) => uid !== home.uid)
  if (foreign) return bad(`${foreign.name} belongs to user ${foreign.uid}, the folder to ${home.uid}. \`chown\` it.`)
  if (isOpen(home.mode)) return warn(`Others may look into ${dataDir}. \`chmod 700\` it.`)
  const open = files.find(({ isFile, mode }) => isFile && isOpen(mode))
  if (open) return warn(`Others may read ${open.name}, once they get into the folder. \`chmod 600\` it.`)
  const own = process.getuid?.() ?? home.uid
  if (own !== home.uid) return warn(`All belongs to user ${home.uid}, and this is ${own}: run commands as that one.`)
  return ok(`All belongs to user ${home.uid}, and nobody else may read it.`)
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

export const disk: Examination = (config) => {
  const space = diskSpace(config.dataDir)
  if (space === null) return warn('The file system does not say how much room it has.')
  const warning = warningOf(config, 'disk')
  if (warning !== null) return warn(`${warning} Make room.`)
  return ok(`${sizeInWords(space.freeBytes)} of ${sizeInWords(space.totalBytes)} are free.`)
}

export const clock: Examination = async (config) => {
  const now = systemClock.now()
  const says = `It is ${momentInWords(now)}`
  const aliveAt = inDatabase(config, readHeartbeat)?.aliveAt ?? 0
  if (now < aliveAt) return bad(`${says}, but CronGuard was alive at ${momentInWords(aliveAt)}. Set the clock.`)
  if (now < installedAt() - DAY) return bad(`${says}, which was before this program was installed. Set the clock.`)
  const keeping = await askSystem(['timedatectl', 'show', '--property', 'NTPSynchronized', '--value'])
  if (keeping === 'no') return warn(`${says}, but nothing keeps the clock right. \`timedatectl set-ntp true\` does.`)
  return ok(keeping === 'yes' ? `${says}, and the clock is kept right.` : `${says}.`)
}

// When the file was written that runs. Run from its source, that is bun's.
function installedAt(): number {
  return statSync(process.execPath, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

export const zones: Examination = () => {
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
