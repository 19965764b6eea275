// Tests for kinds that keep an issue for each incident.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { composeTest } from '#domain/notification.ts'
import { AT, messageOf, THREAD_KEY } from './conformance.ts'
import { DOWN, htmlOfMarkdown, type Read, Service, type ServiceAdaptor, structureOfHtml, UP } from './service.ts'

const JOINERS = /\u2060/g

/** An issue as its readers see it. */
export function readIssue(title: string, body: string): Read {
  const [status, ...name] = title.replace(JOINERS, '').split(': ')
  return {
    name: name.join(': '),
    status: status === 'Up' ? 'up' : 'down',
    isTest: body.includes('This is a test.'),
    structure: [...structureOfHtml(htmlOfMarkdown(body)), ...referencesIn(title), ...referencesIn(body)],
  }
}

const REFERENCES = [
  /@[a-z0-9][\w/-]*/gi,
  /(?:[\w./-]+)?[#!%&~$^]\d+/g,
  /\bgh-\d+/gi,
  /(?<![\w/.-])[0-9a-f]{7,40}\b/g,
  /:(?:\d{3,}|[\w+-]*[a-z_+-][\w+-]*):/gi,
  /^\/[a-z]+/gm,
]

/** What a tracker finds in the text of rendered Markdown, outside of code and links. */
export function referencesIn(markdown: string): string[] {
  const html = htmlOfMarkdown(markdown).replace(/<(code|a)[ >].*?<\/\1>/gs, '')
  const text = html.replace(/<[^>]+>/g, '').replaceAll('&amp;', '&')
  return REFERENCES.flatMap((reference) => text.match(reference) ?? [])
}

interface TrackerTraits {
  id: string
  /** The answer to a search that finds the issue. */
  found: string
  create: string
  close: string
  comment: string
}

export function testTracker(adaptor: ServiceAdaptor, { id, found, create, close, comment }: TrackerTraits): void {
  describe(`Channel ${adaptor.kind}, as a tracker`, () => {
    let service: Service
    beforeEach(async () => {
      service = await new Service(adaptor).open()
    })
    afterEach(() => service.stop())

    const find = () => {
      service.answer = (call) => (call.method === 'GET' ? { status: 200, body: found } : adaptor.accepts(call))
    }
    const writes = () =>
      service.calls.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`)

    test('creates no second issue when the answer to the first attempt was lost', async () => {
      find()
      expect(await service.send(DOWN)).toMatchObject({ result: 'sent', receipt: id })
      expect(writes()).toEqual([])
    })

    test('closes the issue although the answer about its id was lost', async () => {
      find()
      expect((await service.send(UP)).result).toBe('sent')
      expect(writes()).toEqual([close, comment])
    })

    test('creates an issue although the search fails', async () => {
      service.answer = (call) => (call.method === 'GET' ? { status: 422 } : adaptor.accepts(call))
      expect(await service.send(DOWN)).toMatchObject({ result: 'sent', receipt: id })
      expect(writes()).toEqual([create])
    })

    test('comments when a notification is sent again', async () => {
      expect((await service.send({ ...DOWN, thread: { key: THREAD_KEY, receipt: id } })).result).toBe('sent')
      expect(writes()).toEqual([comment])
    })

    test('closes the issue of a test, and of a recovery whose incident has none', async () => {
      await service.send(messageOf(composeTest({ project: 'Ops', now: AT })))
      await service.send(UP)
      expect(writes()).toEqual([create, close, create, close])
    })

    test('does not comment as long as it cannot close', async () => {
      service.answer = (call) =>
        `${call.method} ${call.path}` === close ? { status: 500, body: '{}' } : adaptor.accepts(call)
      const outcome = await service.send({ ...UP, thread: { key: THREAD_KEY, receipt: id } })
      expect(outcome).toMatchObject({ result: 'failed', isPermanent: false })
      expect(writes()).toEqual([close])
    })
  })
}
