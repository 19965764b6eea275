import { afterAll, beforeAll, describe, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { updateChannel } from '#actions/channels.ts'
import { SECOND } from '#lib/duration.ts'
import { TestGuard } from '../support/cronguard.ts'
import { playCase, type Wire, type WireCase } from './wire-runner.ts'

const { cases } = JSON.parse(readFileSync(join(import.meta.dir, 'wire-cases.json'), 'utf8')) as { cases: WireCase[] }

const METRICS_TOKEN = 'a token that only tests know'

let guard: TestGuard
let wire: Wire

beforeAll(() => {
  guard = new TestGuard({
    env: {
      CRONGUARD_TRUSTED_PROXIES: '127.0.0.1',
      CRONGUARD_METRICS_TOKEN: METRICS_TOKEN,
      // The limits of Healthchecks.
      CRONGUARD_PING_BODY_LIMIT: '10000',
      CRONGUARD_PINGS_PER_MONITOR: '100',
    },
  })
  const project = guard.project('alice@example.org')
  const other = guard.project('mallory@example.org')
  const channelId = guard.mailTo(project, 'ops@example.org')
  // A check that the API creates gets no channel, not even one for all monitors.
  updateChannel(guard.deps, { ref: { projectId: project.id, channelId }, monitors: { is: 'all' } })
  wire = {
    send: (path, init) => guard.request(path, init, '127.0.0.1'),
    sleep: (seconds) => guard.pass(seconds * SECOND, SECOND),
    now: () => guard.clock.now(),
    variables: {
      api_key: guard.apiKey(project),
      api_key_ro: guard.apiKey(project, 'read-only'),
      ping_key: project.pingKey,
      api_key_other: guard.apiKey(other),
      ping_key_other: other.pingKey,
      channel_id: channelId,
      channel_name: 'email',
      ping_body_limit: '10000',
      project_uuid: project.id,
      metrics_key: METRICS_TOKEN,
    },
  }
})

afterAll(() => guard.stop())

describe('Healthchecks wire cases', () => {
  test.each(cases.map((wireCase) => [wireCase.id, wireCase] as const))('%s', async (_id, wireCase) => {
    await playCase(wire, wireCase)
  })
})
