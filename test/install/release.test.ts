import { afterAll, beforeAll, describe, expect, spyOn, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import manifest from '#package.json'
import { buildCommand, lackingIn, SBOM_TOOL, type Sbom, sumUp, TARGETS, writeSbom } from '../../.ci/release.ts'
import { execute } from '../support/binary.ts'
import { ROOT } from '../support/source.ts'

describe('Release', () => {
  test('TARGETS has a build for every machine that install.sh supports', () => {
    const script = readFileSync(join(ROOT, 'install.sh'), 'utf8')
    const names = [...script.matchAll(/target=(cronguard-linux-\w+)/g)].map(([, name = '']) => name)
    expect(names).toHaveLength(2)
    expect(TARGETS.map(({ name }) => name).sort()).toEqual(names.flatMap((name) => [name, `${name}-musl`]).sort())
  })

  test.each(TARGETS)('buildCommand for $name equals the build script, except for the target', (target) => {
    const command = buildCommand(target, '/elsewhere/cronguard')
    const words = manifest.scripts.build.split(' ').slice(1)
    expect(words.filter((word) => !command.includes(word))).toEqual(['dist/cronguard'])
    expect(command).toContain(`--target=${target.runtime}`)
    expect(command.slice(-2)).toEqual(['--outfile', '/elsewhere/cronguard'])
  })
})

describe('SHA256SUMS', () => {
  const FILES = { 'cronguard-linux-x64.gz': '\0\xff', 'install.sh': '#!/bin/sh\n', LICENSE: '' }
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cronguard-sums-'))
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text)
    const print = spyOn(console, 'log').mockImplementation(() => {})
    // Twice, because the file must not list itself.
    for (const _time of [1, 2]) sumUp(folder)
    print.mockRestore()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('has the checksum of every file', () => {
    const lines = readFileSync(join(folder, 'SHA256SUMS'), 'utf8').trim().split('\n')
    const files = readdirSync(folder).filter((name) => name !== 'SHA256SUMS')
    const sumOf = (name: string) =>
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex')
    expect(lines.sort()).toEqual(files.map((name) => `${sumOf(name)}  ${name}`).sort())
  })

  test('can be checked by sha256sum', async () => {
    const check = async () =>
      (await execute(['sha256sum', '--check', '--strict', 'SHA256SUMS'], { cwd: folder })).exitCode
    expect(await check()).toBe(0)
    writeFileSync(join(folder, 'install.sh'), 'another')
    expect(await check()).toBe(1)
  })
})

// At its first use, npx downloads it from the npm registry.
const hasTool = (await execute(['npx', '--yes', SBOM_TOOL, '--version'])).exitCode === 0

describe('SBOM', () => {
  const licenses = [{ license: { id: 'MIT' } }]
  const sbom: Sbom = {
    components: [
      { type: 'library', name: 'zod', version: '4.0.0', licenses },
      { type: 'library', name: 'zod', version: '4.6.7', licenses },
      { type: 'library', group: '@elysiajs', name: 'jwt', version: '1.4.2', licenses },
      { type: 'library', name: 'pino', version: '10.4.0', licenses: [] },
    ],
  }

  test.each([
    [{ zod: '4.6.7', '@elysiajs/jwt': '1.4.2' }, []],
    [{ zod: '4.6.8', jwt: '1.4.2' }, ['zod@4.6.8', 'jwt@1.4.2']],
    [{ pino: '10.4.0' }, ['pino@10.4.0']],
  ])('lackingIn: for %j it lacks %j', (packages, lacking) => {
    expect(lackingIn(sbom, packages as Record<string, string>)).toEqual(lacking)
  })

  const skipped = hasTool ? '' : ` (skipped: ${SBOM_TOOL} is not available)`
  test.skipIf(!hasTool)(
    `lists everything in the executable, with version and license${skipped}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'cronguard-contents-'))
      const [metafile, path] = [join(folder, 'contents.json'), join(folder, 'cronguard.cdx.json')]
      const entries = ['src/main.ts', 'src/store/backup-worker.ts', 'src/http/pings/reading-worker.ts']
      const bundle = ['build', '--production', '--target=bun', `--metafile=${metafile}`, '--outdir', folder, ...entries]
      expect((await execute([process.execPath, ...bundle], { cwd: ROOT })).exitCode).toBe(0)
      writeSbom(metafile, path)
      const found: Sbom = JSON.parse(readFileSync(path, 'utf8'))
      rmSync(folder, { recursive: true })
      expect(lackingIn(found, { ...manifest.dependencies, bun: manifest.devDependencies.bun })).toEqual([])
      expect(found.components.filter(({ licenses: given = [] }) => given.length === 0)).toEqual([])
    },
    60_000,
  )
})
