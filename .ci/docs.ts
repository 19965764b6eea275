// Writes the tables of the documentation that are generated from the code: settings, commands, the API, crontab lines.
// Each is between two comments, <!-- settings:start --> and <!-- settings:end -->. `npm run docs` runs this file.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { CHANNEL_KINDS } from '#channels/index.ts'
import { WORDING_FIELDS } from '#channels/shared/wording.ts'
import { EXAMPLES } from '#commands/examples.ts'
import { createProgram } from '#commands/program.ts'
import { RESOURCES } from '#http/api/about.ts'
import { CHECK_FIELDS } from '#http/api/check-about.ts'
import { apiRoutes } from '#http/api/index.ts'
import { type DescribedOperation, operationsOf } from '#http/api/operations.ts'
import { documentedSettings } from '#settings.ts'

const ROOT = join(import.meta.dir, '..')
const FOLDER = 'assets/docs'

export interface StaleFile {
  path: string
  /** The expected content. */
  fresh: string
}

/** Files of the documentation, and README, whose generated parts are stale. */
export function staleFiles(): StaleFile[] {
  const blocks = makeBlocks()
  const docs = readdirSync(join(ROOT, FOLDER)).filter((name) => name.endsWith('.md'))
  return ['README.md', ...docs.map((name) => `${FOLDER}/${name}`)].flatMap((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8')
    const fresh = withBlocks(text, blocks)
    return fresh === text ? [] : [{ path, fresh }]
  })
}

/** Returns `text` with each block replaced by that of `blocks`. Throws for an unknown block. */
export function withBlocks(text: string, blocks: Readonly<Record<string, string>>): string {
  return text.replace(
    /(<!-- ([\w-]+):start -->\n)[\s\S]*?(<!-- \2:end -->)/g,
    (_, start: string, name: string, end) => {
      const block = blocks[name]
      if (block === undefined) throw new Error(`Nothing makes the block ${name}`)
      return `${start}\n${block}\n\n${end}`
    },
  )
}

function makeBlocks(): Record<string, string> {
  const crontab = crontabLine('{{ping_url}}')
  return {
    settings: settingsTable(),
    commands: commandSections(),
    'api-calls': callTables(operationsOf(apiRoutes({} as never, {} as never).routes)),
    'api-fields': fieldTable(),
    'channel-settings': channelTable(),
    crontab: fence('sh', crontab),
    'crontab-wget': fence('sh', crontab.replace(ONE_TRY.curl, ONE_TRY.wget)),
    'crontab-local': fence('sh', crontabLine('http://127.0.0.1:8000/ping/<uuid>')),
    systemd: fence('ini', snippet('systemd').replaceAll('{{url}}', '{{ping_url}}').replaceAll('{{name}}', 'backup')),
  }
}

const ONE_TRY = {
  curl: 'curl -fsS -m 10 -o /dev/null',
  wget: 'wget -nv -T 10 -t 1 -O /dev/null',
}

function snippet(name: string): string {
  return readFileSync(join(ROOT, `assets/snippets/${name}.txt`), 'utf8').trimEnd()
}

function crontabLine(pingUrl: string): string {
  const line = snippet('crontab').split('\n').at(-1) ?? ''
  const values = { '{{cron}}': '0 3 * * * ', '/path/to/job': 'backup.sh', '{{url}}': pingUrl }
  return Object.entries(values).reduce((text, [name, value]) => text.replace(name, () => value), line)
}

function fence(language: string, code: string): string {
  return `\`\`\`${language}\n${code}\n\`\`\``
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

function settingsTable(): string {
  const rows = documentedSettings().map(({ names, otherwise, meaning }) => [
    names.map(code).join(' '),
    otherwise,
    meaning,
  ])
  return table(['Variable', 'Default', 'Meaning'], rows)
}

function code(text: string): string {
  return `\`${text}\``
}

function commandSections(): string {
  const program = createProgram({} as never)
  const groups = Map.groupBy(program.commands, (command) => command.helpGroup())
  return [...groups]
    .flatMap(([group, commands]) => [heading(2, group), ...commands.flatMap(commandSection)])
    .join('\n\n')
}

function heading(depth: number, text: string): string {
  return `${'#'.repeat(depth)} ${text.replace(/:$/, '')}`
}

/** A command of the library for completion, which no one types. */
const INTERNAL = ['complete']

function commandSection(command: Command): string[] {
  if (INTERNAL.includes(command.name())) return []
  const below = command.commands.flatMap(commandSection)
  const words = wordsOf(command)
  const isGroup = below.length > 0 && command.options.length === 0
  if (isGroup) return below
  const args = command.registeredArguments.filter(({ description }) => description !== '')
  const options = command.options.map(({ flags, description }) => [code(flags), sentence(description)])
  const rows = [...args.map((arg) => [code(`<${arg.name()}>`), sentence(arg.description)]), ...options]
  const examples = EXAMPLES[words] ?? []
  return [
    heading(3, words),
    code(usageOf(command, words)),
    sentence(command.description()),
    ...(rows.length === 0 ? [] : [table(['Argument', 'Meaning'], rows)]),
    ...(examples.length === 0 ? [] : [fence('sh', examples.map(exampleLines).join('\n'))]),
    ...below,
  ]
}

function usageOf(command: Command, words: string): string {
  const usage = command.options.length === 0 ? command.usage().replace('[options]', '') : command.usage()
  return `cronguard ${words} ${usage.trim()}`.trim()
}

function exampleLines([what, line, before]: (typeof EXAMPLES)[string][number]): string {
  return `# ${what}\n${before ? `${before} ` : ''}cronguard ${line}`
}

function wordsOf(command: Command): string {
  return command.parent?.parent ? `${command.parent.name()} ${command.name()}` : command.name()
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(capital) ? capital : `${capital}.`
}

function callTables(operations: readonly DescribedOperation[]): string {
  return RESOURCES.map((title) => {
    const calls = operations.filter(({ about }) => about.resource === title)
    return `${heading(3, title)}\n\n${table(['Call', 'What it does', 'Key'], calls.map(callRow))}`
  }).join('\n\n')
}

const KEYS = { none: 'none', 'read-only': 'any', 'read-write': 'read-write' }

function callRow({ method, path, versions, needs, about }: DescribedOperation): string[] {
  const query = Object.keys(about.query?.shape ?? {})
  const sentences = [
    sentence(about.summary),
    about.notes ?? '',
    query.length === 0 ? '' : `Parameters: ${query.map(code).join(', ')}.`,
    versions.length === 1 ? 'Only in v3.' : '',
  ]
  const call = `${method} ${path.replace(/:number/, '<n>').replace(/:(\w+)/g, '<$1>')}`
  return [code(call), sentences.filter((text) => text !== '').join(' '), KEYS[needs ?? 'none']]
}

function fieldTable(): string {
  const rows = Object.entries(CHECK_FIELDS).map(([name, { takes, otherwise }]) => [code(name), takes, otherwise])
  return table(['Field', 'Takes', 'Default'], rows)
}

// Channels that run programs can't be created through the API.
function channelTable(): string {
  const rows = CHANNEL_KINDS.filter(({ runsPrograms }) => !runsPrograms).map(({ kind, fields }) => {
    const own = fields.filter((field) => !WORDING_FIELDS.includes(field))
    const needed = own.filter(({ isRequired, initial }) => isRequired && initial === undefined)
    const others = own.filter((field) => !needed.includes(field))
    const shown = others.map(({ name, isRequired, initial }) =>
      isRequired && initial !== undefined ? `${code(name)} (${code(initial)})` : code(name),
    )
    return [code(kind), needed.map(({ name }) => code(name)).join(', '), shown.join(', ')]
  })
  return table(['Kind', 'Required settings', 'Optional settings, with defaults'], rows)
}

// At the end, because it uses the constants above.
if (import.meta.main) for (const { path, fresh } of staleFiles()) writeFileSync(join(ROOT, path), fresh)
