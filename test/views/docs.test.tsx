import { describe, expect, test } from 'bun:test'
import { apiRoutes } from '#http/api/index.ts'
import { manualOf } from '#http/api/manual.ts'
import { operationsOf } from '#http/api/operations.ts'
import { createMessageLimits } from '#http/message-limits.ts'
import { withBasePath } from '#lib/base-path.ts'
import { settingNames } from '#settings.ts'
import { SETTINGS } from '#views/pages/docs/configuration.tsx'
import { DocsIndex, DocsNav } from '#views/pages/docs/contents.tsx'
import { DOCS } from '#views/pages/docs/index.ts'
import { TestGuard } from '../support/cronguard.ts'

const guard = new TestGuard()
const manual = manualOf(operationsOf(apiRoutes(guard.deps, createMessageLimits()).routes))
guard.stop()

const BASE_URL = 'https://cron.example.org:8443/watch'

const render = (baseUrl: string): [name: string, html: string][] =>
  withBasePath('', () => [
    ['/docs', String(<DocsIndex baseUrl={baseUrl} />)],
    ...DOCS.map(({ slug, Content }): [string, string] => [
      `/docs/${slug}`,
      String(<Content baseUrl={baseUrl} upstream="127.0.0.1:9000" manual={manual} />),
    ]),
  ])
const PAGES = render(BASE_URL)

const navigation = (current: string | null) => String(withBasePath('', () => <DocsNav current={current} />))
const all = (html: string, pattern: RegExp): string[] => [...html.matchAll(pattern)].map(([, found]) => found ?? '')
const samples = (html: string): string[] => all(html, /<pre><code>([\s\S]*?)<\/code><\/pre>/g)

/** In the configuration of a proxy the program itself stands, too, and what the proxy puts in. */
const PROXY_HOSTS = ['127.0.0.1', 'cronguard;', '{host}{uri}', '$host$request_uri;']

describe.each(PAGES)('The page %s', (name, html) => {
  test('has one heading of its own, and sections below it', () => {
    expect(html.match(/<h1>/g)?.length).toBe(1)
    expect(html.indexOf('<h1>')).toBeLessThan(html.indexOf('<h2>'))
    expect(all(html, /<section id="[^"]+" class="docs-section"><(\w+)>/g).every((tag) => tag === 'h2')).toBe(true)
  })

  test('has no id twice, and links to none that is not there', () => {
    const ids = all(html, / id="([^"]+)"/g)
    expect(new Set(ids).size).toBe(ids.length)
    expect(all(html, / href="#([^"]+)"/g).filter((id) => !ids.includes(id))).toEqual([])
  })

  test('has the address of this instance in what people paste, and no other', () => {
    expect(samples(html).join('\n')).toContain(BASE_URL)
    const hosts = new Set(all(samples(html).join('\n'), /https?:\/\/([^/\s"&:]+)/g))
    const known = ['cron.example.org', 'example.com', ...(name === '/docs/proxy' ? PROXY_HOSTS : [])]
    expect([...hosts].filter((host) => !known.includes(host))).toEqual([])
    expect(html).not.toContain('localhost')
  })

  test('has no parameter that a shell takes for a part of the exit status before it', () => {
    expect(samples(html).filter((sample) => /\$\?[a-z]/.test(sample))).toEqual([])
  })

  test('has each line of a crontab on one line, for cron knows no other', () => {
    const lines = samples(html).flatMap((sample) => sample.split('\n'))
    expect(lines.filter((line) => /^(?:[\d*/,-]+ ){4}[\d*/,-]+ .*\\$/.test(line))).toEqual([])
  })

  test('uses neither styles nor scripts in its markup, and leaves no backtick', () => {
    expect(html).not.toMatch(/ style=| on\w+=|<script|<style/)
    expect(html).not.toContain('`')
  })

  test('lets each table scroll by keyboard, and says what it holds', () => {
    const tables = html.match(/<table>/g)?.length ?? 0
    const labels = all(html, /<section class="scroll" tabindex="0" aria-label="([^"]+)"><table>/g)
    expect(new Set(labels).size).toBe(tables)
  })

  test('links only to pages that exist', () => {
    const known = ['/docs', '/docs/licences', '/api/openapi.json', ...DOCS.map(({ slug }) => `/docs/${slug}`)]
    expect(all(html, /<a href="(\/[^"]*)"/g).filter((path) => !known.includes(path))).toEqual([])
  })
})

test('A cell says in which column it stands where there are several, for screens that show no head', () => {
  const page = (path: string) => PAGES.find(([name]) => name === path)?.[1] ?? ''
  expect(page('/docs/configuration')).toContain('<td data-label="default"><code>127.0.0.1</code></td>')
  const cells = page('/docs/schedules').match(/<td[^>]*>/g) ?? []
  expect(new Set(cells)).toContain('<td data-label="in the API">')
  expect(new Set(cells)).toContain('<td>')
})

test('The pages are about whatever address is given, and it cannot break out of them', () => {
  for (const [, html] of render('http://localhost:8000')) expect(html).toContain('http://localhost:8000')
  for (const [, html] of render('http://x/"><script>')) expect(html).not.toContain('<script>')
})

test('Strangers are told one word about the health, as the configuration says', () => {
  const [, html = ''] = PAGES.find(([name]) => name === '/docs/configuration') ?? []
  expect(html).toContain('/health\n{&quot;status&quot;:&quot;ok&quot;}\n')
})

test('A proxy is led to the port on which CronGuard listens', () => {
  const [, html = ''] = PAGES.find(([name]) => name === '/docs/proxy') ?? []
  for (const lines of ['reverse_proxy 127.0.0.1:9000 {', 'server 127.0.0.1:9000;', 'http://127.0.0.1:9000']) {
    expect(html).toContain(lines)
  }
  expect(html).not.toContain(':8000')
})

test('The way between the pages names each once, and marks the one that is shown', () => {
  const html = navigation('alerts')
  expect(all(html, /href="([^"]+)"/g)).toEqual(['/docs', ...DOCS.map(({ slug }) => `/docs/${slug}`)])
  expect(all(html, /href="([^"]+)" aria-current="page"/g)).toEqual(['/docs/alerts'])
  expect(all(navigation(null), /href="([^"]+)" aria-current="page"/g)).toEqual(['/docs'])
})

test('The configuration knows every setting, and none that does not exist', () => {
  expect(SETTINGS.flatMap(({ names }) => names).toSorted()).toEqual(settingNames().toSorted())
  const html = PAGES.find(([name]) => name === '/docs/configuration')?.[1] ?? ''
  expect(settingNames().filter((name) => !html.includes(`<code>${name}</code>`))).toEqual([])
})
