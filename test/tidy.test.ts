// The house rules as tests, so no one has to remember them.
import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHANNEL_KINDS } from '#channels/index.ts'
import manifest from '#package.json'
import { MIGRATIONS } from '#store/migrations.ts'
import { staleFiles } from '../.ci/docs.ts'
import { ROOT, readSources, resolveImport, type SourceFile } from './support/source.ts'

const sources = readSources('src')
const tests = readSources('test')

/** Which rooms, and which packages, a room may import. A room may always import itself. */
const MAY_IMPORT: Record<string, { rooms: string[]; packages: RegExp }> = {
  lib: { rooms: [], packages: /^(node:|pino|mqtt$|nodemailer$|p-limit$|@elysiajs\/html$|@fastify\/busboy$)/ },
  domain: { rooms: ['lib', 'assets'], packages: /^zod$/ },
  words: { rooms: ['domain', 'lib'], packages: /^$/ },
  store: { rooms: ['domain', 'lib', 'migrations'], packages: /^(bun:sqlite|node:path)$/ },
  channels: {
    rooms: ['domain', 'words', 'lib', 'views/emails'],
    packages: /^(zod|liquidjs|@block65\/webcrypto-web-push)$/,
  },
  views: {
    rooms: ['domain', 'words', 'lib', 'assets', 'package.json'],
    packages: /^(htmx\.org\/|@fontsource-variable\/|marked$|minisearch$)/,
  },
  'settings.ts': { rooms: ['lib'], packages: /^zod$/ },
  'config.ts': { rooms: ['settings.ts', 'lib'], packages: /^(zod|node:(net|os))$/ },
  'environment.ts': { rooms: ['config.ts', 'lib'], packages: /^node:(fs|path)$/ },
  'deps.ts': { rooms: ['config.ts', 'store', 'lib'], packages: /^$/ },
  actions: { rooms: ['deps.ts', 'store', 'channels', 'domain', 'words', 'lib', 'package.json'], packages: /^$/ },
  loops: { rooms: ['deps.ts', 'actions', 'lib'], packages: /^$/ },
  http: {
    rooms: ['deps.ts', 'actions', 'store', 'channels', 'views', 'domain', 'words', 'lib', 'package.json'],
    packages:
      /^(elysia|zod|@elysiajs\/(jwt|openapi)|rate-limiter-flexible|badge-maker|smtp-server|mailparser|html-to-text)$/,
  },
  'app.ts': { rooms: ['*'], packages: /^node:/ },
  commands: { rooms: ['*'], packages: /^(commander$|@bomb\.sh\/tab\/|node:)/ },
  'main.ts': { rooms: ['*'], packages: /^commander$/ },
}
/** Above all rooms; each may import those before it. */
const TOP = ['app.ts', 'commands', 'main.ts']

const room = (path: string): string => path.replace(/^src\//, '').split('/')[0] ?? ''
const inRooms = (...rooms: string[]) => sources.filter(({ path }) => rooms.includes(room(path)))
const outside = (...paths: string[]) =>
  sources.filter(({ path }) => !paths.some((part) => path.startsWith(`src/${part}`)))
const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, '')

/** "path: line" of every line of code that matches. */
function linesWith(pattern: RegExp, files: SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    withoutComments(text)
      .split('\n')
      .filter((line) => pattern.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  )
}

describe('Imports', () => {
  test('go down: each room imports only rooms below it', () => {
    const wrong = sources.flatMap(({ path, imports }) =>
      imports.filter((specifier) => !mayImport(path, specifier)).map((specifier) => `${path} imports ${specifier}`),
    )
    expect(wrong).toEqual([])
  })

  function mayImport(path: string, specifier: string): boolean {
    const rules = MAY_IMPORT[room(path)]
    if (!rules) throw new Error(`${path} is in no room`)
    const target = resolveImport(path, specifier)
    if (target === null) return rules.packages.test(specifier)
    const targetRoom = room(target)
    if (targetRoom === room(path)) return true
    if (rules.rooms.includes('*')) return TOP.indexOf(targetRoom) < TOP.indexOf(room(path))
    return rules.rooms.some((allowed) => target.replace(/^src\//, '').startsWith(allowed))
  }

  test('never use ../: other rooms are imported with #, the own room with ./ or #', () => {
    const wrong = sources.flatMap(({ path, imports }) =>
      imports.filter((specifier) => specifier.startsWith('../')).map((specifier) => `${path} imports ${specifier}`),
    )
    expect(wrong).toEqual([])
  })

  test('have no cycles', () => {
    const graph = new Map(
      sources.map(({ path, imports }) => [path, imports.map((specifier) => resolveImport(path, specifier))]),
    )
    const done = new Set<string>()
    const cycles: string[] = []
    const walk = (path: string, trail: string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' > '))
      if (trail.includes(path) || done.has(path)) return
      for (const next of graph.get(path) ?? []) if (next !== null && graph.has(next)) walk(next, [...trail, path])
      done.add(path)
    }
    for (const path of graph.keys()) walk(path, [])
    expect(cycles).toEqual([])
  })
})

describe('One place', () => {
  const rules: [what: string, pattern: RegExp, files: SourceFile[]][] = [
    ['the current time', /Date\.now\(|new Date\(\)|performance\.now\(/, outside('lib/clock.ts')],
    ['writing to the database', /(?<!\.\.|err)\.write(Grouped)?\(/, outside('actions/', 'store/database.ts', 'lib/')],
    ['the environment', /process\.env/, outside('main.ts')],
    ['outgoing requests', /(?<![.\w])fetch\(/, outside('lib/outbound.ts')],
    ['htmx headers', /['"`]HX-/i, outside('http/respond.tsx', 'views/')],
    ['the mail server: findMailServer', /config\.smtp\b/, outside('actions/mail-server.ts', 'config.ts')],
    ['exit codes', /process\.exit/, outside('main.ts')],
    [
      'routes: new Elysia()',
      /new Elysia\(/,
      outside('http/routes.ts', 'http/server.ts', 'http/sessions.ts', 'http/api/openapi.ts'),
    ],
    // The compiler ensures this for `redirect`, which accepts only results of `url`.
    [
      'addresses: url()',
      /\s(?!data-shortcut)[\w:-]+=(?:"|\{['"`])\/(?!\/)|\bLocation: ?['"`]\//,
      inRooms('views', 'http'),
    ],
  ]
  test.each(rules)('for %s', (_what, pattern, files) => {
    expect(linesWith(pattern, files)).toEqual([])
  })

  // Everything that opens connections. A target that a user can name goes through `lib/outbound`, which checks it.
  test('for opening connections', () => {
    const opens =
      /node:(?:net|tls|http|https|http2|dgram)'|Bun\.(?:connect|udpSocket)|new WebSocket|'nodemailer'|from 'mqtt'/
    const openers = sources.filter(({ text }) => opens.test(withoutComments(text))).map(({ path }) => path)
    const onlyReadAddresses = ['src/config.ts', 'src/lib/addresses.ts', 'src/lib/destinations.ts', 'src/lib/host.ts']
    const onOwnMachine = ['src/lib/unix-socket.ts']
    const onlyTrust = ['src/lib/certificates.ts']
    const forOperator = ['src/lib/mail.ts']
    const onlyGivenSockets = ['src/lib/mqtt.ts']
    const checked = ['src/lib/outbound.ts', 'src/lib/outbound-http.ts', 'src/lib/outbound-socket.ts']
    const expected = [
      ...onlyReadAddresses,
      ...onOwnMachine,
      ...onlyTrust,
      ...forOperator,
      ...onlyGivenSockets,
      ...checked,
    ]
    expect(openers.sort()).toEqual(expected.sort())
    const users = sources.filter(({ imports }) => imports.some((name) => /outbound-(http|socket)/.test(name)))
    expect(users.map(({ path }) => path)).toEqual(['src/lib/outbound.ts'])
  })

  test('for SQL', () => {
    const sql = /['"`]\s*(?:SELECT|INSERT INTO|UPDATE \w+\s+SET|DELETE FROM|PRAGMA|CREATE TABLE|WITH \w+ AS)\b/
    expect(
      outside('store/')
        .filter(({ text }) => sql.test(withoutComments(text)))
        .map(({ path }) => path),
    ).toEqual([])
  })

  test('for the name of a channel kind, apart from the list of kinds', () => {
    const wrong = CHANNEL_KINDS.flatMap(({ kind }) =>
      linesWith(new RegExp(`(?:kind|case)\\W{1,6}'${kind}'`, 'i'), outside(`channels/${kind}.ts`, 'channels/index.ts')),
    )
    expect(wrong).toEqual([])
  })
})

describe('Domain, words, store and views', () => {
  test('are synchronous', () => {
    expect(linesWith(/\bawait\b|\basync\b|new Promise/, inRooms('domain', 'words', 'views'))).toEqual([])
    expect(linesWith(/\bawait\b|\basync\b/, inRooms('store'))).toEqual([])
  })
})

describe('Sizes', () => {
  const everything = [...sources, ...tests]

  test('no file is longer than 400 lines', () => {
    expect(everything.filter(({ text }) => text.split('\n').length > 401).map(({ path }) => path)).toEqual([])
  })

  test('no function is longer than 70 lines', () => {
    const long = sources.flatMap(({ path, functions }) =>
      functions.filter(({ lines }) => lines > 70).map(({ name, lines }) => `${path}: ${name} has ${lines} lines`),
    )
    expect(long).toEqual([])
  })

  test('no line is longer than 120 characters', () => {
    const long = everything.flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) => ([...line].length > 120 ? [`${path}:${index + 1}`] : [])),
    )
    expect(long).toEqual([])
  })
})

describe('The project', () => {
  test('has only listed files and folders at its top level', () => {
    const allowed = `package.json bunfig.toml tsconfig.json biome.json bun.lock install.sh cronguard.service README.md
      CHANGELOG.md LICENSE .gitignore .ci src assets migrations test .git node_modules dist data`.split(/\s+/)
    expect(readdirSync(ROOT).filter((name) => !allowed.includes(name))).toEqual([])
  })

  test('lists every migration, in order', () => {
    const files = readdirSync(join(ROOT, 'migrations')).sort()
    expect(MIGRATIONS.map(({ name }) => `${name}.sql`)).toEqual(files)
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(files.map((_file, index) => index + 1))
  })

  test('pins every dependency exactly, and is set up with the pinned Bun', () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
    expect(manifest.scripts.setup).toContain(`bun@${manifest.devDependencies.bun} `)
  })

  test('has up-to-date tables in its documentation: `npm run docs` updates them', () => {
    expect(staleFiles().map(({ path }) => path)).toEqual([])
  })

  test('has a map of src in its documentation, with every folder and file', () => {
    const development = readFileSync(join(ROOT, 'assets/docs/development.md'), 'utf8')
    const entries = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
    const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    const isMapped = (name: string) => development.split('\n').some((line) => line.startsWith(name))
    expect(names.filter((name) => !isMapped(name) && !name.endsWith('.d.ts'))).toEqual([])
  })
})
