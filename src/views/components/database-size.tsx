import { sizeInWords } from '#lib/size.ts'

export interface DatabaseSize {
  bytes: number
  /** How much of it is unused, and given back by and by. */
  freeBytes: number
  /** Of each day on which it was written down, oldest first. */
  days: readonly { day: number; bytes: number }[]
  kept: { pingDays: number; pingsPerMonitor: number }
}

const WIDTH = 300
const HEIGHT = 60
const DAYS_SHOWN = 30

/** How large the database is, and how it has grown. */
export function DatabaseSizeSection({ bytes, freeBytes, days, kept }: DatabaseSize) {
  return (
    <>
      <p>
        The database has <b>{sizeInWords(bytes)}</b>
        {freeBytes > 0 && `, of which ${sizeInWords(freeBytes)} are unused and given back by and by`}. {growth(days)}
      </p>
      {days.length > 1 && <Bars days={days.slice(-DAYS_SHOWN)} />}
      <p class="soft">
        Pings are kept for {kept.pingDays} days, and of each monitor the newest{' '}
        {kept.pingsPerMonitor.toLocaleString('en')}. What happened to monitors is kept for 93 days at least.
      </p>
    </>
  )
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
    <svg class="size-bars" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label="Its size on each of the last days">
      {days.map(({ day, bytes }, index) => {
        const height = Math.max(1, (bytes / most) * HEIGHT)
        return (
          <rect x={String(index * width)} y={String(HEIGHT - height)} width={String(width - 2)} height={String(height)}>
            <title>{`${new Date(day * 86_400_000).toISOString().slice(0, 10)}: ${sizeInWords(bytes)}`}</title>
          </rect>
        )
      })}
    </svg>
  )
}
