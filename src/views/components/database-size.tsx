import { url } from '#lib/base-path.ts'
import { sizeInWords } from '#lib/size.ts'

export interface DatabaseSize {
  bytes: number
  /** The size of the write-ahead log. */
  walBytes: number
  /** The unused part of the database. */
  freeBytes: number
  /** Whether unused space is returned to the disk. */
  givesBack: boolean
  /** The number of stored pings. */
  pings: number
  /** The size on each recorded day, oldest first. */
  days: readonly { day: number; bytes: number }[]
  kept: { pingDays: number; pingsPerMonitor: number; storyDays: number }
}

const WIDTH = 300
const HEIGHT = 60
const DAYS_SHOWN = 30
/** Less unused space is normal. */
const FREE_WORTH_TELLING = 2_000_000

/** The size of the database and its growth. */
export function DatabaseSizeSection({ bytes, walBytes, freeBytes, givesBack, pings, days, kept }: DatabaseSize) {
  return (
    <>
      <p>
        The database uses <b>{sizeInWords(bytes)}</b> and stores {inNumber(pings, 'ping', 'pings')}. {growth(days)}
      </p>
      <p>The write-ahead log uses {sizeInWords(walBytes)}. SQLite reuses this space.</p>
      {days.length > 1 && <Bars days={days.slice(-DAYS_SHOWN)} />}
      {freeBytes > FREE_WORTH_TELLING && <p>{unused(freeBytes, givesBack)}</p>}
      <p class="soft">
        Pings are kept for {inNumber(kept.pingDays, 'day', 'days')}, at most {inNumber(kept.pingsPerMonitor)} per
        monitor. Incidents and notifications are kept for {inNumber(kept.storyDays)} days.{' '}
        <a href={url('/docs/configuration#data-retention')}>About data retention</a>
      </p>
    </>
  )
}

function unused(freeBytes: number, givesBack: boolean): string {
  const size = sizeInWords(freeBytes)
  if (givesBack) return `${size} is unused and will be freed.`
  return (
    `${size} is unused. An early version of CronGuard created this database, so its file doesn't shrink ` +
    'automatically. To shrink it, make a backup and restore it.'
  )
}

function inNumber(count: number, one = '', many = one): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`.trim()
}

function growth(days: DatabaseSize['days']): string {
  const [first, last] = [days[0], days.at(-1)]
  if (first === undefined || last === undefined || first.day === last.day) return 'Growth appears here tomorrow.'
  const perDay = (last.bytes - first.bytes) / (last.day - first.day)
  if (Math.abs(perDay) < 1) return "It isn't growing."
  return `It ${perDay > 0 ? 'grows' : 'shrinks'} by about ${sizeInWords(Math.round(Math.abs(perDay)))} a day.`
}

function Bars({ days }: Pick<DatabaseSize, 'days'>) {
  const most = Math.max(...days.map(({ bytes }) => bytes))
  const width = WIDTH / DAYS_SHOWN
  return (
    <figure>
      <figcaption class="chart-caption">{`Size over the last ${days.length} days`}</figcaption>
      <svg class="size-bars" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Largest: ${sizeInWords(most)}`}>
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
