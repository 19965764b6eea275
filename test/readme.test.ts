// The README says what is so.
import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { settingNames } from '#settings.ts'
import { CURL, crontabLine } from '#views/pages/docs/parts.tsx'
import { caddyLines, nginxLines, traefikLines } from '#views/pages/docs/proxy-lines.ts'
import { ROOT } from './support/source.ts'

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')

test.each([
  ['Caddy', caddyLines],
  ['nginx', nginxLines],
  ['Traefik', traefikLines],
])('The README has the lines for %s that were tried', (_, linesOf) => {
  expect(readme).toContain(
    `\n${linesOf({ host: 'cron.example.com', path: '', upstream: '127.0.0.1:8000' }).join('\n')}\n`,
  )
})

test('The README has the line for a crontab that was tried', () => {
  expect(readme).toContain(`\n${crontabLine('http://127.0.0.1:8000/ping/<uuid>')}\n`)
  expect(readme).toContain(`\`${CURL} URL\``)
})

test('The README names every setting', () => {
  expect(settingNames().filter((name) => !readme.includes(`\`${name}\``))).toEqual([])
})
