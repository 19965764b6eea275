import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHANNEL_KINDS, findKind } from '#channels/index.ts'
import { sampleMessages } from '#channels/shared/samples.ts'
import { issueInWords } from '#words/problems.ts'

const SOURCES = join(import.meta.dir, '../../src/channels')

test('CHANNEL_KINDS: every kind that sends has a test that runs the conformance suite', () => {
  const files = readdirSync(import.meta.dir)
  for (const { kind, members, runsPrograms } of CHANNEL_KINDS) {
    expect(files).toContain(`${kind}.test.ts`)
    // No network is between CronGuard and a program.
    if (members || runsPrograms) continue
    const text = readFileSync(join(import.meta.dir, `${kind}.test.ts`), 'utf8')
    expect(text).toMatch(/^test(ChannelKind|Service)\(/m)
    expect(text).toContain(`kind: '${kind}'`)
  }
})

test('CHANNEL_KINDS: lists every kind in src/channels', () => {
  const files = readdirSync(SOURCES).filter(
    (file) => !['kind.ts', 'index.ts', 'account-mail.ts', 'shared'].includes(file),
  )
  expect(CHANNEL_KINDS.map(({ kind }) => `${kind}.ts`).sort()).toEqual(files.sort())
})

test('findKind: finds a kind by its name, and returns null for an unknown one', () => {
  for (const kind of CHANNEL_KINDS) expect(findKind(kind.kind)).toBe(kind)
  expect(findKind('carrier-pigeon')).toBeNull()
  expect(findKind('toString')).toBeNull()
})

const ODD: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['an empty text', ''],
  ['a number', 5],
  ['null', null],
  ['a list', []],
  ['odd characters', 'x y\u0001'],
  ['a long text', 'x'.repeat(20_000)],
]

test.each(ODD)('CHANNEL_KINDS: every kind says in plain words what is wrong with %s in each field', (_, value) => {
  for (const { kind, fields, settings } of CHANNEL_KINDS) {
    const read = settings.safeParse(Object.fromEntries(fields.map(({ name }) => [name, value])))
    for (const issue of read.error?.issues ?? []) {
      expect([kind, ...issue.path, issueInWords(issue)].join(' ')).not.toMatch(/Invalid|Too (small|big)|expected|NaN/)
    }
  }
})

test.each([
  ['slack', 'https://app.slack.com/client/T0001/C0001', 'https://hooks.slack.com/'],
  ['slack', 'https://acme.slack.com/archives/C0001', 'https://hooks.slack.com/'],
  ['discord', 'https://discord.com/channels/1/2', 'https://discord.com/api/webhooks/'],
  ['discord', 'https://discord.gg/abc', 'https://discord.com/api/webhooks/'],
])('%s: does not save the URL of a channel, %s', (name, url, start) => {
  const rules = { samples: sampleMessages() }
  const problem = `Enter a webhook URL. It starts with ${start}.`
  expect(findKind(name)?.problems?.({ url }, rules)).toEqual({ url: problem })
  for (const good of [`${start}T1/B1/x`, 'https://ptb.discord.com/api/v10/webhooks/1/x', 'https://chat.example/hook']) {
    expect(findKind(name)?.problems?.({ url: good }, rules)).toEqual({})
  }
})
