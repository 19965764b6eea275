// Fails when a direct or transitive dependency has a license that is not allowed.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ALLOWED = 'MIT MIT-0 BSD-2-Clause BSD-3-Clause 0BSD Apache-2.0 ISC CC0-1.0 OFL-1.1'.split(' ')

interface Exception {
  name: string
  version: string
  reason: string
}

/** Reviewed exceptions; another version has to be reviewed again. */
const EXCEPTIONS: readonly Exception[] = [
  { name: 'axe-core', version: '4.14.1', reason: 'MPL-2.0: only the tests use it, unchanged; it is not shipped' },
  { name: 'htmx.org', version: '4.0.1', reason: 'BSD-0-Clause is what SPDX calls 0BSD' },
  { name: 'color-convert', version: '0.5.3', reason: 'names no license; the file LICENSE in it is the MIT license' },
]

interface Package {
  name: string
  version: string
  license: string
}

if (import.meta.main) process.exitCode = check(process.argv[2] ?? join(import.meta.dir, '..'))

function check(root: string): number {
  const packages = packagesIn(join(root, 'node_modules'))
  const refused = packages.filter((found) => !isAllowed(found.license) && !exceptionFor(found))
  for (const { name, version, license } of refused) console.error(`${name}@${version}: ${license} is not allowed`)
  if (packages.length === 0) console.error(`There are no packages in ${join(root, 'node_modules')}.`)
  if (refused.length > 0 || packages.length === 0) return 1
  console.log(`The licenses of ${packages.length} packages are allowed.`)
  return 0
}

function exceptionFor({ name, version }: Package): Exception | undefined {
  return EXCEPTIONS.find((exception) => exception.name === name && exception.version === version)
}

/** All packages below a folder `node_modules`, nested ones included. */
function packagesIn(folder: string): Package[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('@')) return packagesIn(path)
    return [...packageAt(path), ...packagesIn(join(path, 'node_modules'))]
  })
}

function packageAt(path: string): Package[] {
  const file = join(path, 'package.json')
  if (!existsSync(file)) return []
  const { name, version, license, licenses } = JSON.parse(readFileSync(file, 'utf8'))
  return [{ name, version, license: expressionOf(license ?? licenses) }]
}

// Old packages have an object, or a list of alternative objects.
function expressionOf(said: unknown): string {
  if (typeof said === 'string') return said
  if (Array.isArray(said) && said.length > 0) return said.map(expressionOf).join(' OR ')
  return String((said as { type?: unknown } | undefined)?.type ?? 'no license')
}

/** Reads an SPDX expression: of an OR one part is enough, of an AND all must be allowed. */
export function isAllowed(expression: string): boolean {
  const words = expression.match(/[()]|[^\s()]+/g) ?? []
  const parts = { at: 0 }
  const result = anyOf(words, parts)
  return result && parts.at === words.length
}

interface Place {
  at: number
}

function anyOf(words: string[], place: Place): boolean {
  let result = allOf(words, place)
  while (words[place.at] === 'OR') {
    place.at += 1
    const another = allOf(words, place)
    result = result || another
  }
  return result
}

function allOf(words: string[], place: Place): boolean {
  let result = one(words, place)
  while (words[place.at] === 'AND') {
    place.at += 1
    const another = one(words, place)
    result = result && another
  }
  return result
}

// A license WITH an exception is another license. Then the whole expression is refused, because words remain.
function one(words: string[], place: Place): boolean {
  const word = words[place.at]
  place.at += 1
  if (word !== '(') return ALLOWED.includes(word ?? '')
  const result = anyOf(words, place)
  const isClosed = words[place.at] === ')'
  place.at += 1
  return result && isClosed
}
