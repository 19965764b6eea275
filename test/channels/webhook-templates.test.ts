import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { findKind } from '#channels/index.ts'
import { changedSettings } from '#channels/kind.ts'
import { sampleMessages } from '#channels/shared/samples.ts'
import { webhook } from '#channels/webhook.ts'
import { composeTest } from '#domain/notification.ts'
import { hmacSha256Hex } from '#lib/tokens.ts'
import { CHECK, messageOf, notificationOf } from './conformance.ts'
import { DOWN, Service, type ServiceAdaptor, UP } from './service.ts'

const adaptor: ServiceAdaptor = {
  kind: 'webhook',
  settings: (base) => ({ url: `${base}/hook` }),
  accepts: () => ({ status: 200 }),
  read: () => null,
  invalidSettings: [],
  secrets: [],
  errors: [],
}

let service: Service
beforeEach(async () => {
  service = await new Service(adaptor).open()
})
afterEach(() => service.stop())

const HOSTILE = 'a "quoted" \\ name 🛡️ $STATUS {{ 7 }}'

async function sent(settings: Record<string, unknown>, message = DOWN) {
  service.calls.length = 0
  const outcome = await service.send(message, settings)
  const { method, path, headers, text } = service.calls[0] ?? {}
  return { outcome, method, path, type: headers?.['content-type'], headers, text }
}

describe('Webhook with placeholders', () => {
  const placeholders = { language: 'placeholders' }

  test('fills in the URL, the headers and the body, and adds no type', async () => {
    const url = `${service.base}/hook/$SLUG?n=$NAME`
    const body = '{"name": $NAME_JSON, "out": $BODY_JSON, "exit": $EXITSTATUS, "id": "$CODE"}'
    const request = await sent({
      ...placeholders,
      url,
      method: 'PUT',
      headers: 'X-Status: $STATUS\nX-Tag: $TAG1',
      body,
    })
    expect(request).toMatchObject({ method: 'PUT', path: '/hook/backup?n=backup', type: undefined })
    expect(request.headers).toMatchObject({ 'x-status': 'down', 'x-tag': 'db' })
    expect(JSON.parse(request.text ?? '')).toEqual({
      name: 'backup',
      out: DOWN.output?.text,
      exit: 3,
      id: CHECK.uuid,
    })
  })

  test('sends no body with GET, and an empty one if there is none', async () => {
    expect(await sent({ ...placeholders, method: 'GET', body: 'x' })).toMatchObject({ method: 'GET', text: '' })
    expect(await sent(placeholders)).toMatchObject({ method: 'POST', text: '' })
  })

  test('knows the check, and replaces no placeholders inside values', async () => {
    const message = messageOf(notificationOf({ name: HOSTILE }))
    expect((await sent({ ...placeholders, body: '$JSON' }, message)).text).toBe(JSON.stringify(CHECK))
    expect((await sent({ ...placeholders, body: '$NAME' }, message)).text).toBe(HOSTILE)
  })
})

describe('Webhook with Liquid', () => {
  const liquid = { language: 'liquid' }

  test('sends valid JSON whatever the name is', async () => {
    const message = messageOf(notificationOf({ name: HOSTILE }))
    const body = '{"text": "{{ title }}", "slug": {{ monitor.slug | json }}, "kuma": {{ heartbeatJSON | json }}}'
    const request = await sent({ ...liquid, body }, message)
    expect(request.type).toBe('application/json')
    expect(JSON.parse(request.text ?? '')).toMatchObject({
      text: `Down: ${HOSTILE}`,
      slug: 'backup',
      kuma: { status: 0 },
    })
  })

  test('escapes nothing in a body that is not JSON', async () => {
    const request = await sent({ ...liquid, body: 'Name: {{ name }}' }, messageOf(notificationOf({ name: HOSTILE })))
    expect(request).toMatchObject({ type: 'text/plain; charset=utf-8', text: `Name: ${HOSTILE}` })
  })

  test('sends its own JSON if the template fails, and says so', async () => {
    const body = '{% for i in (1..100000000) %}{{ i }}{% endfor %}'
    const request = await sent({ ...liquid, headers: 'Content-Type: text/plain', body })
    expect(request.type).toBe('application/json')
    expect(JSON.parse(request.text ?? '')).toMatchObject({ monitor_name: 'backup', status: 'down' })
    expect(request.outcome).toMatchObject({
      result: 'sent',
      detail: expect.stringContaining('the template of the body failed'),
    })
  })

  test.each([
    ['a body that does not parse', { body: '{"a": "{{ name"}' }, 'body'],
    ['an unknown filter', { body: '{{ name | shout }}' }, 'body'],
    ['JSON without quotes around a name', { body: '{"a": {{ name }}}' }, 'body'],
    ['JSON that is invalid for down', { body: '{"s": {{ down_seconds }}}' }, 'body'],
    ['JSON that is invalid for up', { body: '{"a": 1 {% if status == "up" %} "b": 2 {% endif %}}' }, 'body'],
    ['JSON that is invalid for a notice', { body: '{"n": {{ monitor.ping_count }}}' }, 'body'],
    [
      [
        'JSON that is invalid without a ping',
        { body: '{"x": {% if monitor == blank or last_ping %}1{% endif %}}' },
        'body',
      ],
      {
        body: '{"x": {% if last_ping %}1{% endif %}}',
      },
      'body',
    ],
    ['a body of its own for up', { up: 'own', upUrl: 'https://example.org', upBody: '[{{ name }}]' }, 'upBody'],
  ])('refuses to save %s', (_what, change, field) => {
    const settings = webhook.settings.parse({ url: 'https://example.org', ...liquid, ...change })
    expect(Object.keys(webhook.problems?.(settings, { samples: sampleMessages() }) ?? {})).toEqual([field])
  })

  test('sends its own JSON if the result is not valid JSON, and says so', async () => {
    const { outcome, text, type } = await sent({ ...liquid, body: '{"a": {{ name }}}' })
    expect(JSON.parse(text ?? '')).toMatchObject({ status: 'down', monitor: { name: 'backup' } })
    expect(type).toBe('application/json')
    expect(outcome.detail).toContain('the template of the body failed: the result is not valid JSON')
  })

  test('sends its own JSON if placeholders make the body too large, and says so', async () => {
    const message = { ...DOWN, output: { text: 'x'.repeat(10_000), isCut: false } }
    const { outcome, text } = await sent({ language: 'placeholders', body: '$BODY'.repeat(2000) }, message)
    expect(JSON.parse(text ?? '')).toMatchObject({ status: 'down' })
    expect(outcome.detail).toContain('the template of the body failed: the result is too long')
  })

  test('renders no more templates once the time of the message is used up', async () => {
    const loop = '{% for i in (1..999) %}'
    const end = '{% endfor %}'
    const slow = `X-Slow: ${loop.repeat(3)}${end.repeat(3)}`
    const { outcome, headers, text } = await sent({
      ...liquid,
      headers: `${slow}\nX-Last: {{ name }}`,
      body: '{{ name }}',
    })
    expect(headers?.['x-last']).toBe('')
    expect(JSON.parse(text ?? '')).toMatchObject({ status: 'down' })
    expect(outcome.detail).toContain('rendering took too long')
  })

  test('tries a slow template once for each field when it is saved, not with each sample', () => {
    const loop = '{% for i in (1..999) %}'.repeat(3) + '{% endfor %}'.repeat(3)
    const settings = webhook.settings.parse({ url: 'https://example.org', language: 'liquid', body: loop })
    const samples = sampleMessages().flatMap((sample) => Array.from({ length: 40 }, () => sample))
    const startedAt = performance.now()
    expect(webhook.problems?.(settings, { samples })).toEqual({
      body: 'For down, the template of the body failed: rendering took too long.',
    })
    const ntfy = { server: 'https://ntfy.sh', topic: 'x', downPriority: 5, upPriority: 3, textTemplate: loop }
    expect(findKind('ntfy')?.problems?.(ntfy, { samples })).toEqual({
      textTemplate: 'The template failed: rendering took too long.',
    })
    expect(performance.now() - startedAt).toBeLessThan(3000)
  })

  test('accepts every preset', () => {
    for (const { settings } of webhook.presets ?? []) {
      const parsed = webhook.settings.parse({ url: 'https://example.org', ...settings })
      expect(webhook.problems?.(parsed, { samples: sampleMessages() })).toEqual({})
      expect(webhook.preview?.(parsed, DOWN).text).toContain('backup')
    }
  })
})

describe('Webhook requests', () => {
  test('differ for down, up and test', async () => {
    const settings = {
      body: '"down"',
      up: 'own',
      upUrl: `${service.base}/up`,
      upMethod: 'PATCH',
      upBody: '"up"',
      test: 'own',
      testUrl: `${service.base}/test`,
      testMethod: 'GET',
    }
    const tested = messageOf(composeTest({ project: 'Ops', now: 0 }))
    expect(await sent(settings)).toMatchObject({ method: 'POST', path: '/hook', text: '"down"' })
    expect(await sent(settings, UP)).toMatchObject({ method: 'PATCH', path: '/up', text: '"up"' })
    expect(await sent(settings, tested)).toMatchObject({ method: 'GET', path: '/test', text: '' })
  })

  test('are left out as the settings say', async () => {
    expect((await sent({ down: 'none' })).method).toBeUndefined()
    expect((await sent({ down: 'none' }, UP)).method).toBe('POST')
    expect((await sent({ up: 'none' }, UP)).method).toBeUndefined()
    expect((await sent({ up: 'none' }, UP)).outcome).toEqual({
      result: 'logged',
      detail: 'The channel sends nothing for “up”',
    })
  })

  test('are signed as they are sent', async () => {
    const request = await sent({ secret: 's3cret', language: 'liquid', body: '{"n": "{{ name }}"}' })
    expect(request.headers?.['x-cronguard-signature']).toBe(`sha256=${hmacSha256Hex('s3cret', request.text ?? '')}`)
  })
})

describe('Text that a header or a URL cannot contain', () => {
  const texts = ['\u001b[31mred\u001b[0m', 'a\0b', 'a\u007fb', 'a\r\nX-Evil: 1', 'half \ud83d', '🛡️ \u2028 äöü']
  const templates = [
    { language: 'liquid', headers: 'X-A: {{ output }}{{ name }}' },
    { language: 'liquid', headers: 'X-A: {{ output | raw }}' },
    { language: 'liquid', headers: 'X-A: {{ output | json }}' },
    { language: 'liquid', url: '/hook?x={{ output }}' },
    { language: 'liquid', url: '/hook/{{ output | raw }}' },
    { language: 'placeholders', headers: 'X-A: $NAME' },
    { language: 'placeholders', url: '/hook/$NAME' },
  ]

  test.each(texts)('is replaced, and the request is sent: %j', async (text) => {
    const message = { ...messageOf(notificationOf({ name: text })), output: { text, isCut: false } }
    for (const { url = '/hook', ...template } of templates) {
      const { outcome, headers } = await sent({ ...template, url: `${service.base}${url}` }, message)
      expect([template, outcome]).toEqual([template, { result: 'sent', detail: 'Received status code 200' }])
      expect(headers).not.toHaveProperty('x-evil')
    }
  })
})

describe('Webhook headers', () => {
  const parse = (headers: string) => webhook.settings.safeParse({ url: 'https://example.org', headers })

  test.each([
    ['no colon', 'Authorization'],
    ['a name with a space', 'X Y: 1'],
    ['a header of the connection', 'Host: evil.example'],
    ['a header of CronGuard', 'X-CronGuard-Signature: sha256=0'],
    ['a control character', 'X-A: a\u001bb'],
    ['a concealed value without a stored one', 'Authorization: ••••'],
    ['21 headers', 'X-A: 1\n'.repeat(21)],
  ])('with %s are refused', (_what, headers) => {
    expect(parse(headers).success).toBe(false)
  })

  const field = webhook.fields.find(({ name }) => name === 'headers')
  const stored = { url: 'https://example.org', headers: 'Authorization: Bearer t0p\nContent-Type: text/plain' }

  test('show only harmless values', () => {
    expect(field?.concealing?.show(stored.headers)).toBe('Authorization: ••••\nContent-Type: text/plain')
  })

  test('without a colon are refused also by the form, and stay as typed', () => {
    const { headers } = changedSettings(webhook, {}, { given: { headers: 'Authorization' }, removed: [] })
    expect([headers, parse(String(headers)).success]).toEqual(['Authorization', false])
  })

  test('keep concealed values when they are saved again', () => {
    const given = { headers: 'Authorization: ••••\nX-New: 1' }
    expect(changedSettings(webhook, stored, { given, removed: [] }).headers).toBe('Authorization: Bearer t0p\nX-New: 1')
  })

  test.each([[{}], [{ headers: 'Authorization: ••••' }], [{ headers: 'Authorization: •••' }]])(
    'are not sent to another server: %j',
    (given) => {
      const change = { given: { ...given, url: 'https://evil.example' }, removed: [] }
      expect(() => changedSettings(webhook, stored, change)).toThrow('different server')
    },
  )
})

test('Webhook URL: the host contains no placeholder', () => {
  for (const url of ['https://$NAME.example.org/', 'https://{{ name }}.example.org/', 'https://%24NAME.example.org/'])
    expect(webhook.settings.safeParse({ url }).success).toBe(false)
})

test('Webhook preview: shows the request without the values of headers', () => {
  const settings = webhook.settings.parse({
    url: 'https://example.org/$SLUG',
    language: 'placeholders',
    headers: 'Authorization: Bearer t0p',
    body: '$NAME is $STATUS',
  })
  expect(webhook.preview?.(settings, DOWN)).toEqual({
    text: 'POST https://example.org/backup\nAuthorization: ••••\n\nbackup is down',
    problem: null,
  })
})
