import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Project } from '#domain/project.ts'
import { HOUR } from '#lib/duration.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, type Visitor } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let member: Visitor

beforeEach(async () => {
  guard = new TestGuard()
  project = guard.project()
  member = await memberOf(guard, project, 'member')
})

afterEach(() => guard.stop())

const newForm = () => `/projects/${project.id}/monitors/new`

describe('Schedule preview', () => {
  const preview = async (fields: Record<string, string>) =>
    (await member.read(`/projects/${project.id}/schedule-preview?${new URLSearchParams(fields)}`)).replace(
      /<[^>]*>/g,
      '',
    )

  test('shows when the next ping is expected and when an alert is sent, in the form and by itself', async () => {
    const sentence = 'If the job pings now, the next ping is expected on 2 Mar, 12:00. If it doesn&#x27;t arrive'
    expect(await preview({ schedule: 'every day' })).toContain(`${sentence}, an alert is sent on 2 Mar, 13:00.`)
    expect((await member.read(newForm())).replace(/<[^>]*>/g, '')).toContain(sentence)
  })

  test('shows seconds when they matter', async () => {
    const text = await preview({ schedule: '30 seconds', graceCount: '10', graceUnit: 'seconds' })
    expect(text).toContain(
      'expected on 1 Mar 2026, 12:00:30. If it doesn&#x27;t arrive, an alert is sent on 1 Mar 2026, 12:00:40.',
    )
  })

  test('repeats what it understood, with the next five times in the zone of the monitor and in UTC', async () => {
    const text = await preview({ schedule: 'weekdays at 18:30', timeZone: 'Europe/Riga' })
    expect(text).toContain('Expected Monday to Friday at 18:30 (Europe/Riga), with a grace period of 1 hour.')
    expect(text).toContain('Pings may arrive up to 15 minutes early.')
    expect(text).toContain('Next 5 timesEurope/RigaUTC2 Mar 2026, 18:30:002 Mar 2026, 16:30:003 Mar 2026, 18:30:00')
    expect(text).toEndWith('6 Mar 2026, 18:30:006 Mar 2026, 16:30:00')
  })

  test('says that it assumes midnight', async () => {
    const sentence = 'Expected every Monday at 00:00 (UTC), because no time is given, with a grace period of 1 hour.'
    expect(await preview({ schedule: 'every monday' })).toContain(sentence)
  })

  test('offers both readings of an ambiguous schedule', async () => {
    const fields = new URLSearchParams({ schedule: 'every month on the 31st' })
    const html = await member.read(`/projects/${project.id}/schedule-preview?${fields}`)
    expect(html).toContain('Not every month has a day 31.')
    for (const choice of ['last day of the month', 'on the 31st of every month that has one']) {
      expect(html).toContain(`data-put="schedule" value="${choice}"`)
    }
  })

  test('takes the schedule from a crontab line, and offers the name of its command', async () => {
    const line = `0 3 * * * root /usr/local/bin/backup.sh ${'--verbose '.repeat(20)}`
    const fields = new URLSearchParams({ schedule: line })
    const html = await member.read(`/projects/${project.id}/schedule-preview?${fields}`)
    expect(html).toContain('<code>0 3 * * *</code>')
    expect(html).toContain('The job runs as <bdi>root</bdi>.')
    expect(html).toContain('data-put="name" value="backup.sh"')
    expect(await preview({ schedule: line })).toContain('Expected every day at 03:00 (UTC)')
  })

  test('uses the time zone in an OnCalendar expression', async () => {
    const text = await preview({ schedule: 'Mon 09:00 Europe/Riga' })
    expect(text).toContain('Expected OnCalendar: Mon 09:00 Europe/Riga, with a grace period of 1 hour.')
    expect(text).toContain('Europe/RigaUTC2 Mar 2026, 09:00:002 Mar 2026, 07:00:00')
    const mixed = await preview({ schedule: '06:00 Europe/Riga\n18:30', timeZone: 'Asia/Tokyo' })
    expect(mixed).toContain('OnCalendar: 06:00 Europe/Riga and 18:30 (Asia/Tokyo), with')
    expect(mixed).toContain('Asia/TokyoUTC')
  })

  test('shows the last time, and says that no more pings are expected after it', async () => {
    expect(await preview({ schedule: '2026-03-02 03:00' })).toContain('Last scheduled timeUTC2 Mar 2026, 03:00:00')
    expect(await preview({ schedule: '2026-02-01 03:00' })).toContain('This schedule never runs again')
    const soon = await preview({ schedule: '2026-03-01 12:05' })
    expect(soon).toContain('If the job pings now, no more pings are expected.')
  })

  test('counts from the last ping of a monitor that is up, and says when it would go down at once', async () => {
    const monitor = guard.monitor(project, { name: 'backup' })
    await guard.ping(monitor)
    guard.clock.advance(3 * HOUR)
    const about = { monitor: monitor.uniqueKey, graceCount: '1', graceUnit: 'hours' }
    expect(await preview({ ...about, schedule: 'every day' })).toContain(
      'The next ping is expected on 2 Mar, 12:00. If it doesn&#x27;t arrive, an alert is sent on 2 Mar, 13:00.',
    )
    expect(await preview({ ...about, schedule: 'every hour' })).toContain('the monitor goes down when you save')
  })

  test('counts from the moment when the monitor was resumed', async () => {
    const monitor = guard.monitor(project, { name: 'backup' })
    await member.post(`/monitors/${monitor.uniqueKey}/pause`)
    await member.post(`/monitors/${monitor.uniqueKey}/resume`)
    const about = { monitor: monitor.uniqueKey, schedule: 'every day', graceCount: '1', graceUnit: 'hours' }
    expect(await preview(about)).toContain(
      'The next ping is expected on 2 Mar, 12:00. If it doesn&#x27;t arrive, an alert is sent on 2 Mar, 13:00.',
    )
  })

  test('counts from the start of a run in progress', async () => {
    const monitor = guard.monitor(project, { name: 'backup' })
    await guard.ping(monitor, '/start')
    const about = { monitor: monitor.uniqueKey, schedule: 'every day', graceCount: '2', graceUnit: 'hours' }
    expect(await preview(about)).toContain('If it doesn&#x27;t finish, an alert is sent on 1 Mar, 14:00.')
  })

  test.each([
    [{}, 'Enter a schedule'],
    [{ schedule: '<script>' }, 'Cannot read &quot;&lt;script&gt;&quot;.'],
    [{ schedule: 'every day', timeZone: 'nowhere' }, 'Choose a time zone from the list.'],
    [{ schedule: 'every day', graceCount: '9999999999', graceUnit: 'days' }, 'Enter a whole number.'],
  ] as const)('of %j shows the error', async (fields, problem) => {
    expect(await preview(fields as Record<string, string>)).toStartWith(problem)
  })

  test('reveals nothing about a monitor of another project', async () => {
    const foreign = guard.monitor(guard.project('bob@example.org'), { name: 'foreign' })
    await guard.ping(foreign)
    guard.clock.advance(3 * HOUR)
    const text = await preview({ monitor: foreign.uniqueKey, schedule: 'every day' })
    expect(text).toContain('If the job pings now')
  })
})
