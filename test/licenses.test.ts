// The license check of all dependencies: the script itself, with a sample tree and with the real one.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import manifest from '#package.json'
import { isAllowed } from '../.ci/licenses.ts'
import { execute } from './support/binary.ts'
import { ROOT } from './support/source.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cronguard-licenses-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function install(path: string, about: Record<string, unknown>): void {
  const folder = join(root, 'node_modules', path)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: '1.0.0', ...about }))
}

const check = (folder: string) => execute([process.execPath, join(ROOT, '.ci/licenses.ts'), folder])

describe('License check', () => {
  test('accepts allowed licenses', async () => {
    install('good', { name: 'good', license: 'MIT' })
    install('@scope/either', { name: '@scope/either', license: '(GPL-3.0-only OR Apache-2.0)' })
    install('old', { name: 'old', licenses: [{ type: 'BSD-3-Clause' }] })
    expect(await check(root)).toMatchObject({ exitCode: 0, stdout: 'The licenses of 3 packages are allowed.\n' })
  })

  test.each([
    ['bad', { license: 'GPL-3.0-only' }, 'GPL-3.0-only'],
    ['@scope/bad', { license: 'AGPL-3.0' }, 'AGPL-3.0'],
    ['good/node_modules/bad', { license: 'MIT AND LGPL-3.0-only' }, 'MIT AND LGPL-3.0-only'],
    ['bad', {}, 'no license'],
    ['bad', { license: 'SEE LICENSE IN LICENSE.txt' }, 'SEE LICENSE IN LICENSE.txt'],
    ['axe-core', { name: 'axe-core', license: 'MPL-2.0', version: '99.0.0' }, 'MPL-2.0'],
  ])('refuses %s with %j, and names the license', async (path, about, license) => {
    install('good', { name: 'good', license: 'MIT' })
    install(path, { name: 'bad', ...about })
    const { exitCode, stderr } = await check(root)
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`: ${license} is not allowed`)])
  })

  test('fails for an empty tree', async () => {
    expect((await check(root)).exitCode).toBe(1)
  })

  test('accepts this project, and is a part of `npm run lint`', async () => {
    expect((await check(ROOT)).stderr).toBe('')
    expect(manifest.scripts.lint).toContain('npm run --silent licenses')
    expect(manifest.scripts.licenses).toBe('bun .ci/licenses.ts')
  })
})

test.each([
  ['MIT OR GPL-2.0', true],
  ['GPL-2.0 OR (MIT AND ISC)', true],
  ['MIT AND GPL-2.0', false],
  ['(MIT OR GPL-2.0) AND GPL-2.0', false],
  ['Apache-2.0 WITH LLVM-exception', false],
  ['(MIT', false],
  ['MIT)', false],
  ['', false],
])('isAllowed: %j is %p', (expression, isFine) => {
  expect(isAllowed(expression)).toBe(isFine)
})
