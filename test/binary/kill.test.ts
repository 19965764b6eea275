import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Binary, eventually } from '../support/binary.ts'

const CONNECTIONS = 32

let cronguard: Binary

beforeAll(async () => {
  cronguard = await Binary.prepare({ CRONGUARD_PINGS_PER_MONITOR: '1000000' })
})

afterAll(() => cronguard.dispose())

// The kernel keeps written data when a process dies. That it also reaches the disk is ensured by `synchronous = FULL`,
// which test/store/database.test.ts checks.
test('A server that is killed under load keeps every ping that it answered with OK', async () => {
  await cronguard.start()
  await cronguard.run(['user', 'create', 'you@example.org'])
  const key = (await cronguard.run(['key', 'create', 'you@example.org'])).stdout.trim()
  const { ping_url, uuid } = await cronguard.api('/checks/', { key, body: { name: 'busy' } })

  const answered = new Set<string>()
  const load = Array.from({ length: CONNECTIONS }, (_, index) => pingUntilItFails(ping_url, `c${index}`, answered))
  await eventually('more than 100 answered pings', () => answered.size > 100)
  await cronguard.end('SIGKILL')
  await Promise.all(load)

  const kept = bodiesOf(uuid)
  expect([...answered].filter((body) => !kept.has(body))).toEqual([])

  await cronguard.start()
  expect((await cronguard.api(`/checks/${uuid}`, { key })).n_pings).toBe(kept.size)
}, 30_000)

async function pingUntilItFails(url: string, name: string, answered: Set<string>): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    const body = `${name}-${turn}`
    try {
      const response = await fetch(url, { method: 'POST', body })
      if ((await response.text()) === 'OK') answered.add(body)
    } catch {
      return
    }
  }
}

function bodiesOf(pingKey: string): Set<string> {
  const sql = 'SELECT head AS body FROM bodies JOIN monitors ON monitors.id = monitor_id WHERE ping_key = ?'
  const rows = cronguard.withDatabase((database) => database.query<{ body: Uint8Array }, [string]>(sql).all(pingKey))
  return new Set(rows.map(({ body }) => new TextDecoder().decode(body)))
}
