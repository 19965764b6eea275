// The page of kinds, and what stands beside the form of a channel.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { CHANNEL_KINDS } from '#channels/index.ts'
import type { Project } from '#domain/project.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, type Visitor, words } from '../support/visitor.ts'

let guard: TestGuard
let project: Project
let member: Visitor

beforeEach(async () => {
  guard = new TestGuard()
  project = guard.project()
  member = await memberOf(guard, project, 'member')
})

afterEach(() => guard.stop())

const list = () => `/projects/${project.id}/channels`

describe('Page of kinds', () => {
  test('offers all kinds in groups, with a search', async () => {
    const text = await member.read(`${list()}/new`)
    for (const group of new Set(CHANNEL_KINDS.map((kind) => kind.group))) expect(text).toContain(`>${group}</h2>`)
    expect(text).toContain('data-filter="kinds"')
    expect(text.match(/ data-filter-item/g)).toHaveLength(CHANNEL_KINDS.length)
  })
})

describe('Preview of a channel', () => {
  test('shows an incident of a monitor of the project, in the words of the messages', async () => {
    guard.monitor(project, { name: 'backup <b>' })
    const html = await member.read(`${list()}/new?kind=email`)
    const text = words(html)
    for (const part of ['Down: backup &lt;b&gt;', 'exit status 1', 'no space left on device', 'Acknowledge']) {
      expect(text).toContain(part)
    }
    expect(text).toContain('Up: backup &lt;b&gt;')
    expect(html).not.toContain('backup <b>')
  })

  test('is on the page of an existing channel, too', async () => {
    const id = guard.mailTo(project, 'ops@example.org')
    expect(words(await member.read(`/channels/${id}`))).toContain('Down: nightly-backup')
  })
})
