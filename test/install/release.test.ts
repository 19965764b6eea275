import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import manifest from '#package.json'
import { buildCommand, TARGETS } from '../../.ci/release.ts'
import { ROOT } from '../support/source.ts'

describe('A release', () => {
  test('has a build for every machine that install.sh knows', () => {
    const script = readFileSync(join(ROOT, 'install.sh'), 'utf8')
    const names = [...script.matchAll(/target=(cronguard-linux-\w+)/g)].map(([, name = '']) => name)
    expect(names).toHaveLength(2)
    expect(TARGETS.map(({ name }) => name).sort()).toEqual(names.flatMap((name) => [name, `${name}-musl`]).sort())
  })

  test.each(TARGETS)('builds $name as the build script does, but for its machine', (target) => {
    const command = buildCommand(target, '/elsewhere/cronguard')
    const words = manifest.scripts.build.split(' ').slice(1)
    expect(words.filter((word) => !command.includes(word))).toEqual(['dist/cronguard'])
    expect(command).toContain(`--target=${target.runtime}`)
    expect(command.slice(-2)).toEqual(['--outfile', '/elsewhere/cronguard'])
  })
})
