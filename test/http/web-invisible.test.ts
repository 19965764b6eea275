import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { acknowledgeIncident } from '#actions/incidents.ts'
import type { Project } from '#domain/project.ts'
import { callApi } from '../support/api.ts'
import { TestGuard } from '../support/cronguard.ts'
import { signedIn, type Visitor } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let alice: Visitor

beforeEach(async () => {
  guard = new TestGuard()
  project = guard.project('alice@example.org')
  alice = await signedIn(guard, 'alice@example.org')
})

afterEach(() => guard.stop())

const REVERSED = 'invoice\u202efdp.exe\u200b'
const CLEAN = 'invoicefdp.exe'

describe('Invisible characters and direction controls', () => {
  test('are removed from names, tags and descriptions of monitors, channels and projects', async () => {
    const key = guard.apiKey(project)
    const { json } = await callApi(guard, '/checks/', {
      with: key,
      body: { name: REVERSED, tags: REVERSED, desc: REVERSED },
    })
    expect(json).toMatchObject({ name: CLEAN, tags: CLEAN, desc: CLEAN })
    await alice.post(`/projects/${project.id}/monitors`, { name: REVERSED, tags: REVERSED, schedule: 'every day' })
    expect(guard.db.all('SELECT name, tags FROM monitors')).toEqual([
      { name: CLEAN, tags: CLEAN },
      { name: CLEAN, tags: CLEAN },
    ])
    await alice.post(`/projects/${project.id}/channels`, {
      kind: 'email',
      name: REVERSED,
      'setting-address': 'a@example.org',
    })
    expect(guard.db.all('SELECT name FROM channels')).toEqual([{ name: CLEAN }])
    await alice.post(`/projects/${project.id}`, { name: REVERSED })
    expect(guard.db.get('SELECT name FROM projects')).toEqual({ name: CLEAN })
  })

  test('are removed from the note of an incident and the user agent of a ping', async () => {
    const monitor = guard.monitor(project, { name: 'backup' })
    await guard.ping(monitor, '/fail', { headers: { 'User-Agent': 'curl\u00ad/8' } })
    expect(guard.db.get('SELECT user_agent FROM pings')).toEqual({ user_agent: 'curl/8' })
    const { id: incidentId = '' } = guard.db.get<{ id: string }>('SELECT id FROM incidents') ?? {}
    acknowledgeIncident(guard.deps, { projectId: project.id, incidentId, userId: null, addedNote: REVERSED })
    expect(guard.db.get('SELECT note FROM incidents')).toEqual({ note: CLEAN })
  })

  test('in an older name are shown as a replacement character, on pages and in emails', async () => {
    const mail = guard.mailTo(project, 'ops@example.org')
    const monitor = guard.monitor(project, { name: REVERSED }, [mail])
    await guard.ping(monitor, '/fail')
    await guard.tick()
    const pages = [await alice.read('/'), await alice.read(`/monitors/${monitor.uniqueKey}`)]
    for (const text of [...pages, guard.outside.mails[0]?.html ?? '']) {
      expect(text).not.toContain('\u202e')
      expect(text).toContain('invoice\ufffdfdp.exe')
    }
    const form = await alice.read(`/monitors/${monitor.uniqueKey}/edit`)
    expect(form).toContain(`value="${CLEAN}"`)
  })
})

test('Monitor page: a URL in the description is a link', async () => {
  const monitor = guard.monitor(project, { name: 'backup', description: 'See http://wiki.example.org/runbook.' })
  expect(await alice.read(`/monitors/${monitor.uniqueKey}`)).toContain('<a href="http://wiki.example.org/runbook"')
})
