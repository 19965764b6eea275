import { describe, expect, test } from 'bun:test'
import { CHANNEL_KINDS, findKind, sendThrough } from '#channels/index.ts'
import type { ChannelKind, Message } from '#channels/kind.ts'
import { contentOf } from '#words/message.ts'
import { messageOf, notificationOf } from './conformance.ts'
import { DOWN, transportsTo, UP } from './service.ts'

/** What a kind gets to send, and the outcome. */
async function sentWith(settings: Record<string, string>, message: Message = DOWN) {
  const seen: Message[] = []
  const kind: ChannelKind = {
    ...(findKind('email') as ChannelKind),
    send: async (_settings, received) => {
      seen.push(received)
      return { result: 'sent', detail: 'Accepted' }
    },
  }
  const outcome = await sendThrough({ kind, settings }, message, transportsTo(''))
  const [received] = seen
  if (!received) throw new Error('Nothing was sent.')
  return { content: contentOf(received), outcome }
}

describe('Wording of a channel', () => {
  test('replaces the title only', async () => {
    const { content } = await sentWith({ titleTemplate: '[{{ project }}]\n{{ title }}' })
    expect(content).toEqual({ ...contentOf(DOWN), title: '[Ops] Down: backup' })
  })

  test('replaces the text, but keeps the links', async () => {
    const textTemplate = '{% if status == "up" %}Back{% else %}{{ details }} {{ monitor.tags | join: "+" }}{% endif %}'
    const { content } = await sentWith({ textTemplate })
    expect(content).toMatchObject({ title: 'Down: backup', output: null, facts: [], description: '' })
    expect(content.details).toBe('The job failed with exit status 3. db+prod')
    expect(content.links).toEqual(contentOf(DOWN).links)
    expect((await sentWith({ textTemplate }, UP)).content.details).toBe('Back')
  })

  test('is ours without templates', async () => {
    expect((await sentWith({})).content).toEqual(contentOf(DOWN))
  })

  test('is ours if a template fails, and the delivery says so', async () => {
    const { content, outcome } = await sentWith({ textTemplate: '{% for i in (1..100000000) %}{{ i }}{% endfor %}' })
    expect(content).toEqual(contentOf(DOWN))
    expect(outcome.detail).toMatch(
      /^Accepted\. CronGuard's own text was sent, because a template failed: rendering needs too much memory$/,
    )
  })

  test('is refused when it is saved with a template that fails', () => {
    const settings = { address: 'ops@example.org', titleTemplate: '{{ title', textTemplate: '{{ title }}' }
    expect(findKind('email')?.problems?.(settings, { samples: [DOWN] })).toEqual({
      titleTemplate: expect.stringContaining('closed'),
    })
  })

  test('is text: values are not rendered again', async () => {
    const message = messageOf(notificationOf({ name: '{{ project }} $NAME' }))
    expect((await sentWith({ titleTemplate: '{{ monitor.name }}' }, message)).content.title).toBe('{{ project }} $NAME')
  })

  test('is a setting of email, chat, push and phone kinds, and kept by their schemas', () => {
    for (const kind of CHANNEL_KINDS) {
      const isText = kind.isText || ['Chat', 'Push', 'Phone'].includes(kind.group)
      expect(kind.fields.some(({ name }) => name === 'textTemplate')).toBe(isText)
    }
    const settings = { address: 'ops@example.org', titleTemplate: '{{ title }}' }
    expect(findKind('email')?.settings.parse(settings)).toEqual(settings)
  })
})
