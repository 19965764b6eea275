import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { DAY, HOUR, MINUTE } from '#lib/duration.ts'
import { TestGuard } from './support/cronguard.ts'
import { memberOf } from './support/visitor.ts'

let guard: TestGuard
let project: Project
let backup: Monitor

beforeEach(() => {
  guard = new TestGuard()
  project = guard.project()
  backup = guard.monitor(project, {
    name: 'backup',
    schedule: { kind: 'period', periodMs: DAY },
    graceMs: 10 * MINUTE,
  })
  guard.mailTo(project, 'ops@example.org')
})

afterEach(() => guard.stop())

const send = (body: string, ending = '/fail') => guard.ping(backup, ending, { method: 'POST', body })

/** The last email, as text and HTML. */
function lastMail() {
  const mail = guard.outside.mails.at(-1)
  if (!mail) throw new Error('No email was sent.')
  return mail
}

describe('A message', () => {
  test('shows the output, with its secrets hidden', async () => {
    const other = guard.monitor(project, { name: 'other' })
    await send(`key ${other.pingKey}\npassword=hunter2\n\x1b[31mFatal\x1b[0m: <disk full>\n`)
    await guard.tick()
    const { text, html } = lastMail()
    expect(text).toContain('Last output:\nkey ••••\npassword=••••\nFatal: <disk full>\n')
    expect(html).toContain('Fatal: &lt;disk full&gt;')
    expect(`${text}${html}`).not.toMatch(/hunter2|\[31m/)
    expect(text).not.toContain(other.pingKey)
  })

  test('hides the words that an admin listed on the page of the project', async () => {
    const admin = await memberOf(guard, project, 'admin')
    const save = (words: string) => admin.post(`/projects/${project.id}/hidden-words`, { words })
    expect((await save('ab')).status).toBe(422)
    expect((await save('Acme Corp\r\n\r\ndb-7')).status).toBe(303)
    await send('copying ACME CORP from db-7')
    await guard.tick()
    expect(lastMail().text).toContain('copying •••• from ••••\n')
  })

  test('shows the end of a long output', async () => {
    await send(`${'line\n'.repeat(5000)}the last line`)
    await guard.tick()
    expect(lastMail().text).toContain('Last output (end only):\n…\nline\n')
    expect(lastMail().text).toContain('line\nthe last line\n')
  })

  test('leaves the stored output unchanged', async () => {
    await send('password=hunter2')
    const row = guard.db.get<{ head: Uint8Array }>('SELECT head FROM bodies')
    expect(new TextDecoder().decode(row?.head)).toBe('password=hunter2')
  })

  test('that could not be delivered for hours says so, and why', async () => {
    guard.outside.failWith('refused')
    await send('disk full')
    await guard.pass(3 * HOUR)
    guard.outside.failWith(null)
    await guard.pass(90 * MINUTE)
    expect(lastMail().text).toMatch(/Sent [34] hours.* late: earlier attempts failed \(Connection refused\)\./)
  })

  test('that waited behind a delayed one says so', async () => {
    guard.outside.failWith('refused')
    await send('disk full')
    await guard.tick()
    await send('done', '')
    await guard.pass(3 * HOUR)
    guard.outside.failWith(null)
    await guard.pass(90 * MINUTE)
    expect(guard.outside.subjects()).toEqual(['Down: backup', 'Up: backup'])
    expect(lastMail().text).toContain('late: queued behind earlier messages.')
  })

  test('in time says nothing about it', async () => {
    await send('disk full')
    await guard.tick()
    expect(lastMail().text).not.toContain('late')
  })

  test('about the same incident refers to the first one', async () => {
    await send('disk full')
    await guard.tick()
    await send('done', '')
    await guard.tick()
    await send('disk full again')
    await guard.tick()
    const [down, up, next] = guard.outside.mails
    expect(up?.references).toEqual([...(down?.references ?? []), down?.messageId ?? ''])
    expect(down?.references).toHaveLength(1)
    expect(next?.references).not.toEqual(down?.references)
  })

  test('opens the incident', async () => {
    await send('disk full')
    await guard.tick()
    const { id } = guard.db.get<{ id: string }>('SELECT id FROM incidents') ?? {}
    expect(lastMail().text).toContain(`Open incident:\n${guard.deps.config.baseUrl}/incidents/${id}\n`)
  })

  test('to a webhook has the output and the links as fields', async () => {
    const ops = guard.project('ops@example.org')
    const hook = guard.webhookTo(ops, 'https://hook.example.org/')
    const nightly = guard.monitor(ops, { name: 'nightly' }, [hook])
    await guard.ping(nightly, '/fail', { method: 'POST', body: 'token=abcdef' })
    await guard.tick()
    const body = JSON.parse(guard.outside.calls.at(-1)?.body ?? '{}')
    expect(body).toMatchObject({ output: 'token=••••', missed_runs: 0 })
    expect(body.incident_url).toMatch(/\/incidents\/[0-9a-f-]{36}$/)
    expect(body.acknowledge_url).toContain('/acknowledge/')
  })
})

describe('The pages of a monitor that is down, and of its incident', () => {
  test('show the output to members, and to viewers without secrets', async () => {
    await send('\x1b[31mFatal\x1b[0m: <disk full>\npassword=hunter2')
    const { id } = guard.db.get<{ id: string }>('SELECT id FROM incidents') ?? {}
    const member = await memberOf(guard, project, 'member', 'member@example.org')
    const viewer = await memberOf(guard, project, 'viewer', 'viewer@example.org')
    const paths = [`/incidents/${id}`, `/incidents/${id}/story`, `/monitors/${backup.uniqueKey}`]
    for (const path of paths) {
      expect(await (await member.get(path)).text()).toMatch(/Fatal: &lt;disk full&gt;\s+(<\/em>)?password=hunter2/)
      const seen = await (await viewer.get(path)).text()
      expect(seen).toMatch(/Fatal: &lt;disk full&gt;\s+(<\/em>)?password=••••/)
      expect(seen).not.toContain('hunter2')
    }
  })
})

describe('Upgrade: a notification of an earlier version', () => {
  test('is delivered, without what it lacks', async () => {
    guard.outside.failWith('refused')
    await send('disk full')
    await guard.tick()
    guard.db.write((tx) => tx.run("UPDATE notifications SET content = json_remove(content, '$.circumstances')"))
    guard.outside.failWith(null)
    await guard.pass(MINUTE)
    expect(guard.outside.subjects()).toEqual(['Down: backup'])
    expect(lastMail().text).toContain('Open monitor:\n')
    expect(lastMail().text).not.toContain('disk full')
    await send('done', '')
    await guard.tick()
    expect(lastMail().text).toContain('Missed runs: none\nFailed runs: 1\n')
  })
})
