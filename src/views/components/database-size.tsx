import { url } from '#lib/base-path.ts'
import { sizeInWords } from '#lib/size.ts'

export interface DatabaseSize {
  bytes: number
  /** Of the write-ahead log beside it. */
  walBytes: number
  /** How much of the database is unused. */
  freeBytes: number
  /** Whether such space goes back to the disk. */
  givesBack: boolean
  /** How many are kept. */
  pings: number
  /** Of each day on which it was written down, oldest first. */
  days: readonly { day: number; bytes: number }[]
  kept: { pingDays: number; pingsPerMonitor: number; storyDays: number }
}

const WIDTH = 300
const HEIGHT = 60
const DAYS_SHOWN = 30
/** Less is always there, for the pings that come next. */
const FREE_WORTH_TELLING = 2_000_000

/** How large the database is, and how it has grown. */
export function DatabaseSizeSection({ bytes, walBytes, freeBytes, givesBack, pings, days, kept }: DatabaseSize) {
  return (
    <>
      <p>
        The database has <b>{sizeInWords(bytes)}</b>, with {inNumber(pings, 'ping', 'pings')} in it. {growth(days)}
      </p>
      <p>
        Its write-ahead log has {sizeInWords(walBytes)}: what is written stands there first, and the space is used again
        and again.
      </p>
      {days.length > 1 && <Bars days={days.slice(-DAYS_SHOWN)} />}
      {freeBytes > FREE_WORTH_TELLING && <p>{unused(freeBytes, givesBack)}</p>}
      <p class="soft">
        Pings are kept for {inNumber(kept.pingDays, 'day', 'days')}, and of each monitor{' '}
        {kept.pingsPerMonitor === 1 ? 'only the newest' : `the newest ${inNumber(kept.pingsPerMonitor)}`}. What happened
        to monitors, and the messages about it, are kept for {inNumber(kept.storyDays)} days.{' '}
        <a href={url('/docs/configuration#data-retention')}>What is kept, and for how long</a>
      </p>
    </>
  )
}

function unused(freeBytes: number, givesBack: boolean): string {
  const size = sizeInWords(freeBytes)
  if (givesBack) return `Of it ${size} are unused, and are given back to the disk by and by.`
  return (
    `Of it ${size} are unused. New pings go there first, but the file of this database, which an early version of ` +
    'CronGuard made, does not become smaller by itself: back it up and restore the backup, and it does.'
  )
}

function inNumber(count: number, one = '', many = one): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`.trim()
}

function growth(days: DatabaseSize['days']): string {
  const [first, last] = [days[0], days.at(-1)]
  if (first === undefined || last === undefined || first.day === last.day) return 'Tomorrow it shows how it grows.'
  const perDay = (last.bytes - first.bytes) / (last.day - first.day)
  if (Math.abs(perDay) < 1) return 'It does not grow.'
  return `It ${perDay > 0 ? 'grows' : 'shrinks'} by about ${sizeInWords(Math.round(Math.abs(perDay)))} a day.`
}

function Bars({ days }: Pick<DatabaseSize, 'days'>) {
  const most = Math.max(...days.map(({ bytes }) => bytes))
  const width = WIDTH / DAYS_SHOWN
  return (
    <figure>
      <figcaption class="chart-caption">{`Its size on each of the last ${days.length} days`}</figcaption>
      <svg class="size-bars" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`At most ${sizeInWords(most)}`}>
        {days.map(({ day, bytes }, index) => {
          const height = Math.max(1, (bytes / most) * HEIGHT)
          const [x, y] = [String(index * width), String(HEIGHT - height)]
          return (
            <rect x={x} y={y} width={String(width - 2)} height={String(height)}>
              <title>{`${new Date(day * 86_400_000).toISOString().slice(0, 10)}: ${sizeInWords(bytes)}`}</title>
            </rect>
          )
        })}
      </svg>
    </figure>
  )
}
