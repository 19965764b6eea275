import { describe, expect, test } from 'bun:test'
import { withBasePath } from '#lib/base-path.ts'
import { DocFrame, DocResults } from '#views/pages/docs/frame.tsx'
import { DOCS, docPath } from '#views/pages/docs/index.ts'
import { createDocLibrary } from '#views/pages/docs/library.tsx'
import { parseDoc } from '#views/pages/docs/markdown.ts'
import { DocPage } from '#views/pages/docs/page.tsx'
import { docValues } from '#views/pages/docs/values.ts'
import { docFiles } from '../support/docs.ts'

const BASE_URL = 'https://cron.example.org:8443/watch'

const library = (baseUrl: string) => createDocLibrary(docValues({ baseUrl, upstream: '127.0.0.1:9000' }))
const render = (baseUrl: string): [path: string, html: string][] => {
  const all = library(baseUrl)
  return withBasePath('', () => DOCS.map(({ slug }) => [docPath(slug), String(all.find(slug)?.content)]))
}
const PAGES = render(BASE_URL)
const htmlOf = (path: string) => PAGES.find(([known]) => known === path)?.[1] ?? ''

const all = (html: string, pattern: RegExp): string[] => [...html.matchAll(pattern)].map(([, found]) => found ?? '')
const samples = (html: string): string[] => all(html, /<pre><code>([\s\S]*?)<\/code><\/pre>/g)
const drawn = (source: string, values: Record<string, string> = {}) =>
  String(withBasePath('', () => <DocPage doc={parseDoc(source, values)} />))

const frame = (props: { current: string | null; query?: string }) =>
  String(withBasePath('', () => <DocFrame {...props} />))

/** The configuration of a proxy also contains the address of CronGuard and variables of the proxy. */
const PROXY_HOSTS = ['127.0.0.1', 'cronguard;', '{host}{uri}', '$host$request_uri;']

describe.each(PAGES)('Docs page %s', (path, html) => {
  test('has one title, and sections below it', () => {
    expect(html.match(/<h1>/g)?.length).toBe(1)
    expect(html.indexOf('<h1>')).toBeLessThan(html.indexOf('<h2>'))
    expect(all(html, /<section id="[^"]+" class="docs-section"><(\w+)>/g).every((tag) => tag === 'h2')).toBe(true)
  })

  test('has unique anchors, and no link to a missing one', () => {
    const ids = all(html, / id="([^"]+)"/g)
    expect(new Set(ids).size).toBe(ids.length)
    expect(all(html, / href="#([^"]+)"/g).filter((id) => !ids.includes(id))).toEqual([])
  })

  test('has the address of this server in samples, and no other', () => {
    const hosts = new Set(all(samples(html).join('\n'), /https?:\/\/([^/\s"&:]+)/g))
    const isKnown = (host: string) =>
      host === 'cron.example.org' ||
      /^(\w+\.)?example\.com$/.test(host) ||
      (path === '/docs/proxy' && PROXY_HOSTS.includes(host))
    expect([...hosts].filter((host) => !isKnown(host))).toEqual([])
  })

  test('has no sample with a letter after $?, which a shell could read as one name', () => {
    expect(samples(html).filter((sample) => /\$\?[a-z]/.test(sample))).toEqual([])
  })

  test('has each crontab sample on one line', () => {
    const lines = samples(html).flatMap((sample) => sample.split('\n'))
    expect(lines.filter((line) => /^(?:[\d*/,-]+ ){4}[\d*/,-]+ .*\\$/.test(line))).toEqual([])
  })

  test('has no inline styles or scripts, and no leftover Markdown', () => {
    expect(html).not.toMatch(/ style=| on\w+=|<script|<style/)
    expect(html.replace(/<pre>[\s\S]*?<\/pre>/g, '')).not.toMatch(/`|\*\*|\{\{[a-z]\w*\}\}|\]\(|&amp;\w+;/)
  })

  test('has labels for its tables, which scroll by keyboard', () => {
    const tables = html.match(/<table>/g)?.length ?? 0
    const labels = all(html, /<div class="scroll" role="group" tabindex="0" aria-label="([^"]+)"><table>/g)
    expect(labels.length).toBe(tables)
  })

  test('links only to pages that exist', () => {
    const known = ['/docs', ...DOCS.map(({ slug }) => docPath(slug))]
    const links = all(html, /<a href="(\/[^"#]*)/g)
    expect(links.filter((link) => !known.includes(link))).toEqual([])
  })
})

describe('Docs Markdown', () => {
  test('values are inserted as text, never as markup', () => {
    const html = drawn('# Title\n\nAt {{url}} and `{{url}}`.\n\n```sh\ncurl {{url}}\n```\n', {
      url: '<b>*x*</b> & `y`',
    })
    expect(html).not.toContain('<b>')
    expect(html).not.toContain('<em>')
    expect(html.split('&lt;b&gt;*x*&lt;/b&gt; &amp; `y`').length).toBe(4)
  })

  test('unknown values, markup and unknown blocks are errors', () => {
    expect(drawn('# Title\n\nDown: {{1}}, {{ name }}\n', {})).toContain('Down: {{1}}, {{ name }}')
    expect(() => drawn('# Title\n\n{{nothing}}\n')).toThrow('no value {{nothing}}')
    expect(() => drawn('# Title\n\nThe <uuid> of it.\n')).toThrow('has markup')
    expect(() => drawn('# Title\n\n<div>x</div>\n')).toThrow('has markup')
    expect(() => drawn('# Title\n\n***\n')).toThrow('cannot show hr')
  })

  test('links between files lead to pages, and links to source code are removed', () => {
    const html = drawn(
      '# T\n\n[a](schedules.md#grace-period) [b](README.md) [c](../../LICENSE) [d](https://example.com/)\n',
    )
    expect(all(html, /<a href="([^"]+)">/g)).toEqual(['/docs/schedules#grace-period', '/docs', 'https://example.com/'])
  })

  test('a link never runs code', () => {
    expect(drawn('# T\n\n[a](javascript:alert(1))\n')).not.toContain('href')
  })

  test('anchors are unique, and the same as on a code forge', () => {
    const { sections } = parseDoc("# T\n\n## Time zones and DST\n\n## Don't `x_y`!\n\n## Same\n\n### Same\n", {})
    expect(sections.map(({ id }) => id)).toEqual(['time-zones-and-dst', 'dont-x_y', 'same', 'same-1'])
  })
})

describe('Docs search', () => {
  const { search } = library(BASE_URL)
  const results = (query: string) => String(withBasePath('', () => <DocResults query={query} hits={search(query)} />))
  const addresses = (query: string) => search(query).map(({ address }) => address)

  test('lists the section about the query first', () => {
    expect(addresses('grace period')[0]).toBe('/docs/schedules#grace-period')
    expect(addresses('litestream')[0]).toBe('/docs/backup#replicate-with-litestream')
    expect(addresses('webhook signature')[0]).toBe('/docs/webhooks#verify-the-signature')
  })

  test('finds settings, commands, prefixes and misspelled words', () => {
    expect(addresses('CRONGUARD_SMTPD_PORT')).toContain('/docs/configuration#settings')
    expect(addresses('monitor pause')).toContain('/docs/commands#monitor-pause')
    expect(addresses('sched')).toContain('/docs/schedules')
    expect(addresses('litestrem')).toContain('/docs/backup#replicate-with-litestream')
  })

  test('shows the text around a match, and highlights it', () => {
    const [hit] = search('overtakes')
    expect(hit).toMatchObject({ page: 'Alerts', section: 'Retries' })
    expect(hit?.excerpt[1]).toBe('overtakes')
    expect(hit?.excerpt.join('').length).toBeLessThan(200)
    const html = results('overtakes')
    expect(html).toContain('<mark>overtakes</mark>')
  })

  test('leads only to pages and anchors that exist', () => {
    const found = ['ping', 'cronguard', 'the', 'monitor', 'a'].flatMap(addresses)
    const exists = (address: string) => {
      const [path = '', id] = address.split('#')
      return id === undefined ? htmlOf(path) !== '' : htmlOf(path).includes(` id="${id}"`)
    }
    expect(found.length).toBeGreaterThan(60)
    expect(found.filter((address) => !exists(address))).toEqual([])
  })

  test('has limits: 20 results, 100 characters, 10 words', () => {
    expect(search('ping').length).toBe(20)
    expect(addresses(`grace period${' '.repeat(100)}nothing`)[0]).toBe('/docs/schedules#grace-period')
    expect(addresses(`${'ping '.repeat(10)}nothing`).length).toBe(20)
  })

  test('says when it finds nothing, and escapes the query', () => {
    expect(search('xylophone')).toEqual([])
    expect(search('((((')).toEqual([])
    const html = results('<b>')
    expect(html).toContain('No results for <strong dir="auto">&lt;b&gt;</strong>')
    expect(frame({ current: null, query: '"><b>' })).not.toContain('<b>')
  })
})

test('Docs: every Markdown file is a page', () => {
  const files = DOCS.map(({ slug }) => `${slug === '' ? 'README' : slug}.md`)
  expect(docFiles().toSorted()).toEqual(files.toSorted())
})

test('Docs tables: a cell has the name of its column, for narrow screens', () => {
  expect(htmlOf('/docs/configuration')).toContain('<td data-label="Default"><code>127.0.0.1</code></td>')
  const cells = htmlOf('/docs/monitors').match(/<td[^>]*>/g) ?? []
  expect(new Set(cells)).toContain('<td data-label="In the API">')
  expect(new Set(cells)).toContain('<td>')
})

test('Docs: the pages contain the base URL, escaped', () => {
  const pinging = (pages: [string, string][]) => pages.find(([path]) => path === '/docs/pinging')?.[1]
  expect(pinging(render('http://localhost:8000'))).toContain('http://localhost:8000')
  for (const [, html] of render('http://x/"><script>')) expect(html).not.toContain('<script>')
})

test('Docs: /health without a token shows only the status', () => {
  expect(htmlOf('/docs/operating')).toContain('/health\n{&quot;status&quot;:&quot;ok&quot;}\n')
})

test('Docs: proxy samples contain the port of CronGuard', () => {
  for (const lines of ['reverse_proxy 127.0.0.1:9000 {', 'server 127.0.0.1:9000;', 'http://127.0.0.1:9000']) {
    expect(htmlOf('/docs/proxy')).toContain(lines)
  }
  expect(htmlOf('/docs/proxy')).not.toContain(':8000')
})

test('Docs sidebar: lists each page once, and marks the current one', () => {
  const html = frame({ current: 'alerts' })
  expect(all(html, /href="(\/[^"]+)"/g)).toEqual([...DOCS.map(({ slug }) => docPath(slug)), '/docs/licenses'])
  expect(all(html, /href="([^"]+)" aria-current="page"/g)).toEqual(['/docs/alerts'])
  expect(all(frame({ current: '' }), /href="([^"]+)" aria-current="page"/g)).toEqual(['/docs'])
})
