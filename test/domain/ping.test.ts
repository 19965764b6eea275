import { describe, expect, test } from 'bun:test'
import { NO_RULES } from '#domain/monitor.ts'
import {
  endsRun,
  type IncomingPing,
  judgePing,
  PING_SIGNALS,
  type PingFilter,
  type PingRules,
  runDurationMs,
} from '#domain/ping.ts'
import { HOUR } from '#lib/duration.ts'
import { wholeBody } from '../support/bodies.ts'

const NOW = Date.UTC(2026, 10, 23, 9, 0, 0)

function incoming(ping: Omit<Partial<IncomingPing>, 'body'> & { text?: string } = {}): IncomingPing {
  const { text = '', ...rest } = ping
  return { signal: 'success', method: 'POST', body: wholeBody(text).body, ...rest }
}

function filtering(filter: Partial<PingFilter>, rules: Partial<PingRules> = {}): PingRules {
  return { ...NO_RULES, ...rules, filter: { ...NO_RULES.filter, httpBody: true, ...filter } }
}

describe('judgePing without rules: every signal keeps its meaning', () => {
  const cases = PING_SIGNALS.flatMap((signal) => [
    { signal, isPaused: false },
    { signal, isPaused: true },
  ])
  test.each(cases)('$signal, paused: $isPaused', ({ signal, isPaused }) => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']) {
      expect(judgePing(NO_RULES, isPaused, incoming({ signal, method, text: 'error' }))).toBe(signal)
    }
  })
})

describe('judgePing: POST only', () => {
  const rules = { ...NO_RULES, postOnly: true }
  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'post', ''])('ignores the method "%s"', (method) => {
    for (const signal of PING_SIGNALS) expect(judgePing(rules, false, incoming({ signal, method }))).toBe('ignored')
  })

  test.each(PING_SIGNALS)('accepts %s by POST', (signal) => {
    expect(judgePing(rules, false, incoming({ signal }))).toBe(signal)
  })
})

describe('judgePing: resume manually only', () => {
  const rules = { ...NO_RULES, manualResume: true }
  test.each(PING_SIGNALS)('ignores %s while paused, and accepts it otherwise', (signal) => {
    expect(judgePing(rules, true, incoming({ signal }))).toBe('ignored')
    expect(judgePing(rules, false, incoming({ signal }))).toBe(signal)
  })
})

describe('judgePing: the first rule that applies decides', () => {
  const keywords = { successKeywords: 'ok', failureKeywords: 'error' }
  test.each([
    { name: 'manual resume comes before POST only', isPaused: true, method: 'POST', text: 'ok', kind: 'ignored' },
    {
      name: 'manual resume comes before failing by default',
      isPaused: true,
      method: 'POST',
      text: '',
      kind: 'ignored',
    },
    { name: 'POST only comes before keywords', isPaused: false, method: 'GET', text: 'error', kind: 'ignored' },
    { name: 'POST only comes before failing by default', isPaused: false, method: 'GET', text: '', kind: 'ignored' },
    { name: 'keywords come before failing by default', isPaused: false, method: 'POST', text: 'ok', kind: 'success' },
    { name: 'failing by default comes last', isPaused: false, method: 'POST', text: 'hm', kind: 'fail' },
  ] as const)('$name', ({ isPaused, method, text, kind }) => {
    const rules = filtering({ ...keywords, failsByDefault: true }, { postOnly: true, manualResume: true })
    expect(judgePing(rules, isPaused, incoming({ method, text }))).toBe(kind)
  })
})

describe('judgePing: keywords in the body replace the signal of the URL', () => {
  const words = { failureKeywords: 'error', successKeywords: 'done', startKeywords: 'begin' }
  test.each([
    { text: 'begin', kind: 'start' },
    { text: 'begin done', kind: 'success' },
    { text: 'begin done error', kind: 'fail' },
    { text: 'an ERROR is not an Error', kind: 'ignored' },
    { text: 'undone', kind: 'success' },
    { text: 'terrors', kind: 'fail' },
    { text: '', kind: 'ignored' },
  ] as const)('"$text" is $kind', ({ text, kind }) => {
    for (const signal of PING_SIGNALS) expect(judgePing(filtering(words), false, incoming({ signal, text }))).toBe(kind)
  })

  test.each(['ignored', 'fail'] as const)('a body without keywords is %s, as configured', (kind) => {
    const rules = filtering({ ...words, failsByDefault: kind === 'fail' })
    expect(judgePing(rules, false, incoming({ signal: 'start', text: 'nothing to see' }))).toBe(kind)
    expect(judgePing(rules, false, incoming({ signal: 'success', method: 'GET' }))).toBe(kind)
  })

  test('the settings for mail do not apply to HTTP pings', () => {
    const rules = filtering({ ...words, httpBody: false, subject: true, body: true, failsByDefault: true })
    expect(judgePing(rules, false, incoming({ signal: 'log', text: 'error' }))).toBe('log')
  })
})

describe('judgePing: keywords', () => {
  test.each([
    { keywords: 'error', text: 'error', isFound: true },
    { keywords: ' error , fatal ', text: 'it was fatal', isFound: true },
    { keywords: 'disk full,fatal', text: 'the disk full of logs', isFound: true },
    { keywords: 'disk full', text: 'disk  full', isFound: false },
    { keywords: 'Error', text: 'error', isFound: false },
    { keywords: 'Ärger', text: 'viel Ärger', isFound: true },
    { keywords: '失敗', text: 'バックアップ失敗', isFound: true },
    { keywords: '.*', text: 'anything', isFound: false },
    { keywords: '', text: 'anything', isFound: false },
    { keywords: ' , ,,  ', text: ' , , anything', isFound: false },
    { keywords: 'a,', text: 'xyz', isFound: false },
  ])('$keywords in $text: $isFound', ({ keywords, text, isFound }) => {
    const rules = filtering({ failureKeywords: keywords })
    expect(judgePing(rules, false, incoming({ text }))).toBe(isFound ? 'fail' : 'ignored')
  })
})

describe('judgePing: keywords are found in a body with invalid UTF-8', () => {
  const rules = filtering({ failureKeywords: 'error' })
  const wholeWord = [...new TextEncoder().encode('error')]
  test.each([
    { name: 'invalid bytes around the word', bytes: [0xff, 0xfe, ...wholeWord, 0xc3, 0x28], kind: 'fail' },
    { name: 'a truncated character at the end', bytes: [...wholeWord, 0xe5, 0xa4], kind: 'fail' },
    { name: 'the rest of a character at the start', bytes: [0xb1, ...wholeWord], kind: 'fail' },
    { name: 'NUL bytes', bytes: [0, ...wholeWord, 0], kind: 'fail' },
    { name: 'a byte order mark', bytes: [0xef, 0xbb, 0xbf, ...wholeWord], kind: 'fail' },
    { name: 'an invalid byte within the word', bytes: [0x65, 0x72, 0xff, 0x72, 0x6f, 0x72], kind: 'ignored' },
    { name: 'nothing but invalid bytes', bytes: [0xff, 0xff], kind: 'ignored' },
  ] as const)('$name', ({ bytes, kind }) => {
    expect(judgePing(rules, false, { ...incoming(), body: wholeBody(new Uint8Array(bytes)).body })).toBe(kind)
  })

  test('a keyword with a truncated last character is not found, and the ping is kept', () => {
    const cut = new TextEncoder().encode('失敗').slice(0, -1)
    const judged = judgePing(filtering({ successKeywords: '失', failureKeywords: '失敗' }), false, {
      ...incoming(),
      body: wholeBody(cut).body,
    })
    expect(judged).toBe('success')
  })
})

describe('runDurationMs', () => {
  test.each([
    { name: 'is the time since its start', previous: { kind: 'start', at: NOW - 1500 }, durationMs: 1500 },
    { name: 'may be 0', previous: { kind: 'start', at: NOW }, durationMs: 0 },
    { name: 'may be just under 72 h', previous: { kind: 'start', at: NOW - 72 * HOUR + 1 }, durationMs: 72 * HOUR - 1 },
    { name: 'is unknown from 72 h on', previous: { kind: 'start', at: NOW - 72 * HOUR }, durationMs: null },
    { name: 'is unknown if the clock was set back', previous: { kind: 'start', at: NOW + 1 }, durationMs: null },
    { name: 'is unknown after a success', previous: { kind: 'success', at: NOW - 1500 }, durationMs: null },
    { name: 'is unknown after a failure', previous: { kind: 'fail', at: NOW - 1500 }, durationMs: null },
    { name: 'is unknown without a previous ping', previous: null, durationMs: null },
  ] as const)('$name', ({ previous, durationMs }) => {
    expect(runDurationMs(previous, NOW)).toBe(durationMs)
  })

  test('endsRun: only a success or a failure ends a run', () => {
    const ends = (['success', 'start', 'fail', 'log', 'ignored'] as const).filter(endsRun)
    expect(ends).toEqual(['success', 'fail'])
  })
})
