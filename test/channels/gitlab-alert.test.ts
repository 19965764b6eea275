// The fields are those of gitlabhq/gitlabhq, doc/operations/incident_management/integrations.md; the lengths are from
// app/models/alert_management/alert.rb.
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { composeTest } from '#domain/notification.ts'
import { AT, messageOf, THREAD_KEY } from './conformance.ts'
import { MARKDOWN_TEXTS } from './expected.ts'
import { type Call, DOWN, requestOf, Service, type ServiceAdaptor, testService, UP } from './service.ts'
import { readIssue } from './tracker.ts'

const KEY = 'a1b2c3d4e5f6secret'
const PATH = '/acme/backups/alerts/notify/cronguard/3f1c.json'

const adaptor: ServiceAdaptor = {
  kind: 'gitlab-alert',
  settings: (base) => ({ url: `${base}${PATH}`, key: KEY }),
  accepts: () => ({ status: 201, body: '[{"iid":1,"title":"Down: backup"}]' }),
  read: ({ json }: Call) => {
    const { structure, ...read } = readIssue(json.title, json.description)
    return { ...read, structure: [...structure, ...Object.keys(json)] }
  },
  invalidSettings: [
    ['no fields', {}],
    ['no key', { url: 'https://gitlab.com/a/b/alerts/notify/x/1.json', key: '' }],
    ['a file as URL', { url: 'file:///etc/passwd', key: KEY }],
  ],
  secrets: [KEY],
  errors: [
    ['a wrong key', { status: 401 }, { detail: 'Received status code 401', isPermanent: false }],
    ['a disabled endpoint', { status: 403 }, { isPermanent: false }],
    ['a text that is too long', { status: 400 }, { isPermanent: false }],
  ],
}

testService(adaptor)

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

test('gitlab-alert: triggers an alert, and resolves it by its fingerprint', async () => {
  await service.send(DOWN)
  await service.send(UP)
  const at = new Date(AT).toISOString()
  const request = { request: `POST ${PATH}`, authorization: `Bearer ${KEY}` }
  const same = {
    severity: 'critical',
    monitoring_tool: 'CronGuard',
    service: 'Ops',
    fingerprint: THREAD_KEY,
    link: `https://cronguard.example.org/monitors/${'f'.repeat(40)}`,
  }
  expect(service.calls.map(requestOf)).toEqual([
    { ...request, body: { title: 'Down: backup', description: MARKDOWN_TEXTS.down, start_time: at, ...same } },
    { ...request, body: { title: 'Up: backup', description: MARKDOWN_TEXTS.up, end_time: at, ...same } },
  ])
})

test('gitlab-alert: a test is an alert that is resolved immediately', async () => {
  await service.send(messageOf(composeTest({ project: 'Ops', now: AT })))
  const at = new Date(AT).toISOString()
  expect(service.calls[0]?.json).toMatchObject({ start_time: at, end_time: at, severity: 'info' })
})

test('gitlab-alert: the description has at most 1,000 characters', async () => {
  await service.send({ ...DOWN, output: { text: 'é<*_`\n'.repeat(2000), isCut: true } })
  const { description } = service.calls[0]?.json ?? {}
  expect([...description].length).toBeWithin(800, 1001)
  expect(description).toContain('(cut)')
})
