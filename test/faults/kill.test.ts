// Kills at random moments under load: notifications are neither lost nor sent endlessly.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Binary, eventually } from '../support/binary.ts'
import { firstUser, monitorOf } from '../support/job.ts'
import { startHttpReceiver } from '../support/receivers.ts'

const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 6)
const JOBS = 8
const LIFE_MIN_MS = 100
const LIFE_SPREAD_MS = 500

let cronguard: Binary
let receiver: ReturnType<typeof startHttpReceiver>
let jobs: { url: string; uuid: string }[]

beforeAll(async () => {
  cronguard = await Binary.prepare()
  receiver = startHttpReceiver()
  await cronguard.start()
  const { key } = await firstUser(cronguard)
  const settings = { url: `${receiver.url}/hook` }
  await cronguard.api('/channels/', { key, body: { kind: 'webhook', name: 'hook', settings } })
  const names = Array.from({ length: JOBS }, (_, index) => `job ${index}`)
  const settingsOfJob = { timeout: 3600, grace: 3600, urgent: true }
  jobs = await Promise.all(names.map((name) => monitorOf(cronguard, { key, name, ...settingsOfJob })))
})

afterAll(async () => {
  await cronguard.dispose()
  receiver.stop()
})

test(
  `A server that is killed ${ROUNDS} times under load keeps every answered ping and every notification`,
  async () => {
    const answered = new Map(jobs.map(({ uuid }) => [uuid, 0]))
    const broken = new Set<string>()
    for (let round = 0; round < ROUNDS; round++) {
      const load = jobs.map((job) => failAndRecover(job, answered))
      await Bun.sleep(LIFE_MIN_MS + Math.random() * LIFE_SPREAD_MS)
      await cronguard.end('SIGKILL')
      await Promise.all(load)
      for (const id of ids("SELECT id FROM deliveries WHERE state = 'sending'")) broken.add(id)
      await cronguard.start()
    }
    await eventually(
      'an empty outbox',
      () => count('SELECT count(*) FROM deliveries WHERE settled_at IS NULL') === 0,
      30_000,
    )

    for (const [uuid, pings] of answered) expect(countOf(uuid)).toBeGreaterThanOrEqual(pings)
    const owed = ids("SELECT id FROM deliveries WHERE channel_kind = 'webhook' ORDER BY sequence")
    expect(owed.length).toBe(count("SELECT count(*) FROM transitions WHERE to_status = 'down' OR from_status = 'down'"))
    const received = receiver.received.map(({ headers }) => headers['x-cronguard-delivery'] ?? '')
    expect(owed.filter((id) => !received.includes(id))).toEqual([])
    const twice = received.filter((id, index) => received.indexOf(id) !== index)
    expect(twice.filter((id) => !broken.has(id))).toEqual([])
    expect(outOfOrder(received)).toEqual([])
  },
  60_000 + ROUNDS * 3000,
)

/** Every ping is a transition, and every transition a notification. */
async function failAndRecover({ url, uuid }: (typeof jobs)[number], answered: Map<string, number>): Promise<void> {
  for (let turn = 0; ; turn++) {
    try {
      const response = await fetch(turn % 2 === 0 ? `${url}/fail` : url)
      if ((await response.text()) === 'OK') answered.set(uuid, (answered.get(uuid) ?? 0) + 1)
    } catch {
      return
    }
    await Bun.sleep(20)
  }
}

// The notifications of a monitor were first received in the order of their transitions.
function outOfOrder(received: string[]): string[] {
  const order = cronguard.withDatabase((database) =>
    database
      .query<{ id: string; monitor_id: number; sequence: number }, []>(
        'SELECT id, monitor_id, sequence FROM deliveries',
      )
      .all(),
  )
  const known = new Map(order.map((row) => [row.id, row]))
  const newest = new Map<number, number>()
  return [...new Set(received)].filter((id) => {
    const { monitor_id, sequence } = known.get(id) ?? { monitor_id: 0, sequence: 0 }
    const isLate = sequence < (newest.get(monitor_id) ?? 0)
    newest.set(monitor_id, Math.max(sequence, newest.get(monitor_id) ?? 0))
    return isLate
  })
}

function countOf(uuid: string): number {
  return cronguard.withDatabase(
    (database) =>
      database.query<{ n: number }, [string]>('SELECT ping_count AS n FROM monitors WHERE ping_key = ?').get(uuid)?.n ??
      0,
  )
}

function count(sql: string): number {
  return cronguard.withDatabase((database) => Number(Object.values(database.query<object, []>(sql).get() ?? {})[0]))
}

function ids(sql: string): string[] {
  return cronguard.withDatabase((database) => database.query<{ id: string }, []>(sql).all()).map(({ id }) => id)
}
