// Next times computed per second, by kind of schedule. Each starts from the previous one, over forty years.
import { nextCron, parseCron } from '#domain/cron.ts'
import { nextOnCalendar, parseOnCalendar } from '#domain/on-calendar.ts'
import { everyPeriod, nextSlot } from '#domain/schedule.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'

const MEASURE_MS = 500
const BATCH = 1000
const FIRST = Date.UTC(2020, 0, 1)
const LAST = Date.UTC(2060, 0, 1)
const ZONE = 'Europe/Riga'
const CRON = ['0 3 * * *', '*/5 * * * *', '30 */2 * * 1-5', '0 6 1 * *', '0 22 * * 5L', '0 0 29 2 *', '0 0 29 2 */7']
const ON_CALENDAR = [
  '03:00',
  '*:0/5',
  '*:*:*',
  'Mon..Fri 09:00',
  '*-*~1 06:00',
  '06:00\n18:30 America/New_York',
  '*-02-29',
]

type Next = (after: number) => number | null

report('period of an hour', (after) => nextSlot(everyPeriod(HOUR), after))
for (const expression of CRON) {
  const cron = parseCron(expression)
  report(`cron "${expression}"`, (after) => nextCron(cron, { after, zone: ZONE }))
}
for (const expression of ON_CALENDAR) {
  const onCalendar = parseOnCalendar(expression)
  report(`OnCalendar ${JSON.stringify(expression)}`, (after) => nextOnCalendar(onCalendar, { after, zone: ZONE }))
}
report('reading "*/5 9-17 * * mon-fri"', (after) => (parseCron('*/5 9-17 * * mon-fri') ? after + MINUTE : null))
report('reading "Mon..Fri 09:00 Europe/Riga"', (after) =>
  parseOnCalendar('Mon..Fri 09:00 Europe/Riga') ? after : null,
)

function report(name: string, next: Next): void {
  run(next, MEASURE_MS / 5)
  console.log(`${name.padEnd(50)}${Math.round(run(next, MEASURE_MS)).toLocaleString('en').padStart(12)} /s`)
}

function run(next: Next, ms: number): number {
  const start = performance.now()
  let count = 0
  for (let after = FIRST; performance.now() - start < ms; count += BATCH) {
    for (let index = 0; index < BATCH; index += 1) {
      after = next(after) ?? FIRST
      if (after > LAST) after = FIRST
    }
  }
  return (count / (performance.now() - start)) * 1000
}
