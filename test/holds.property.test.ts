// Whatever people set, and whatever happens: what is held is sent in the end, once and in order.
import { expect, test } from 'bun:test'
import { updateChannel } from '#actions/channels.ts'
import { acknowledgeIncident } from '#actions/incidents.ts'
import { updateMonitor } from '#actions/monitors.ts'
import { snooze } from '#actions/snoozes.ts'
import { ALL_DAYS, type ChannelRules } from '#domain/channel-rules.ts'
import type { Monitor } from '#domain/monitor.ts'
import { HOUR, MINUTE, SECOND } from '#lib/duration.ts'
import { Dice } from './simulation/dice.ts'
import { dataFolder } from './support/data-folder.ts'

const SEEDS = Number(process.env.HOLD_SEEDS ?? 12)
const STEPS = 120
const HOUSES = ['nas01', 'web1', 'db1']

interface Row {
  id: string
  channel: string
  monitorId: number
  status: 'down' | 'up'
  state: string
  at: number
  sequence: number
}

test.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
  'Held notifications are all sent, and in order: seed %i',
  async (seed) => {
    const dice = new Dice(seed)
    const data = dataFolder({ CRONGUARD_SMTP_HOST: '127.0.0.1' })
    const { guard } = data
    const project = guard.project()
    const channels = [
      guard.mailTo(project, 'a@example.org'),
      guard.mailTo(project, 'b@example.org'),
      guard.webhookTo(project, 'https://hooks.example.org/'),
    ]
    const jobs: Monitor[] = []
    for (let index = 0; index < 8; index += 1) {
      const change = {
        name: `job ${index}`,
        tags: `host:${HOUSES[index % HOUSES.length]}`,
        schedule: { kind: 'period', periodMs: HOUR } as const,
        graceMs: 5 * MINUTE,
        isUrgent: dice.chance(0.15),
        remindMs: dice.chance(0.3) ? HOUR : null,
        dependsOn: index > 0 && dice.chance(0.3) ? `job ${dice.whole(0, index - 1)}` : '',
      }
      jobs.push(guard.monitor(project, change, channels))
    }
    const setRules = (rules: Partial<ChannelRules>, channelId = dice.one(channels)): void => {
      updateChannel(guard.deps, { ref: { projectId: project.id, channelId }, rules })
    }
    const act = async (): Promise<void> => {
      const job = jobs[dice.whole(0, jobs.length - 1)]
      if (!job) return
      switch (dice.whole(0, 11)) {
        case 0:
        case 1:
        case 2:
          return await guard.ping(job, '/fail')
        case 3:
        case 4:
        case 5:
          return await guard.ping(job)
        case 6:
          return setRules({
            quietHours: dice.chance(0.4)
              ? null
              : {
                  from: `${String(dice.whole(0, 23)).padStart(2, '0')}:30`,
                  to: '07:00',
                  days: [...ALL_DAYS],
                  tz: 'Europe/Riga',
                },
          })
        case 7:
          return setRules({ delayMs: dice.chance(0.5) ? 0 : dice.whole(1, 90) * MINUTE }, channels[1])
        case 8: {
          const endsAt = guard.clock.now() + dice.whole(1, 300) * MINUTE
          snooze(guard.deps, {
            projectId: project.id,
            scope: { is: 'monitor', monitorId: job.id },
            endsAt,
            userId: null,
          })
          return
        }
        case 9: {
          const open = guard.db.get<{ id: string }>('SELECT id FROM incidents WHERE closed_at IS NULL LIMIT 1')
          if (open) acknowledgeIncident(guard.deps, { projectId: project.id, incidentId: open.id, userId: null })
          return
        }
        case 10:
          updateMonitor(guard.deps, { ref: guard.refOf(job), change: { isUrgent: dice.chance(0.3) } })
          return
        default:
          return dice.chance(0.3) ? await guard.restart() : guard.outside.failWith(dice.chance(0.3) ? 'refused' : null)
      }
    }
    for (let step = 0; step < STEPS; step += 1) {
      await act()
      await guard.pass(dice.chance(0.6) ? dice.whole(1, 90) * SECOND : dice.whole(1, 40) * MINUTE, 20 * MINUTE)
    }
    // Everything works again and recovers, and time passes.
    guard.outside.failWith(null)
    for (const job of jobs) await guard.ping(job)
    for (const job of jobs) updateMonitor(guard.deps, { ref: guard.refOf(job), change: { remindMs: null } })
    for (const job of jobs) await guard.ping(job)
    for (let hour = 0; hour < 30; hour += 1) {
      for (const job of jobs) await guard.ping(job)
      await guard.pass(HOUR, 20 * MINUTE)
    }
    const rows = guard.db.all<Row>(
      `SELECT deliveries.id, channel_id AS channel, monitor_id AS monitorId, content ->> 'status' AS status, state,
              (SELECT max(finished_at) FROM delivery_attempts WHERE delivery_sequence = sequence) AS at, sequence
         FROM deliveries JOIN notifications ON notifications.id = notification_id
        WHERE monitor_id IS NOT NULL ORDER BY sequence`,
    )
    expect(rows.filter(({ state }) => state !== 'sent')).toEqual([])
    expect(guard.db.all('SELECT 1 FROM deliveries WHERE held_for IS NOT NULL').length).toBeGreaterThan(10)
    for (const own of Map.groupBy(rows, ({ channel, monitorId }) => `${channel} ${monitorId}`).values()) {
      const times = own.map(({ at }) => at)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      // Each recovery ends an incident that the channel knows of, unless its delay was changed meanwhile.
      const changes = own.map(({ status }) => status).join(' ')
      if (own[0]?.channel !== channels[1]) expect(changes).not.toContain('up up')
    }
    data.clear()
  },
  120_000,
)
