// Liquid templates. They read no files, get plain data only, and are limited in time, memory and size.
import { Liquid, type Template } from 'liquidjs'

const MIB = 1024 * 1024
const RENDER_MAX_MS = 50
const MEMORY_MAX = 2 * MIB
/** The longest template. */
export const TEMPLATE_MAX = 10_000
/** The longest text that a template may produce. */
const RESULT_MAX = 256 * 1024

/** Tags that read other templates. */
const FILE_TAGS = ['include', 'render', 'layout', 'block']

/** How values are written into the text around them. `| raw` turns it off. */
export type Escaping = 'none' | 'json' | 'url' | 'header'

/** The output of the `json` filter, which is valid JSON as it is. */
class Json {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  toString(): string {
    return this.text
  }
}

const ESCAPES: Record<Escaping, (text: string) => string> = {
  none: (text) => text,
  json: (text) => JSON.stringify(text).slice(1, -1),
  url: encodeURIComponent,
  header: (text) => text.replace(/[\r\n]+/g, ' '),
}

const ENGINES = Object.fromEntries(
  Object.entries(ESCAPES).map(([name, written]) => [name, createEngine(written)]),
) as Record<Escaping, Liquid>

function createEngine(written: (text: string) => string): Liquid {
  const engine = new Liquid({
    // Without this, `include` and `render` read files.
    templates: {},
    ownPropertyOnly: true,
    strictFilters: true,
    parseLimit: TEMPLATE_MAX,
    renderLimit: RENDER_MAX_MS,
    memoryLimit: MEMORY_MAX,
    timezoneOffset: 'UTC',
    outputEscape: (value) => (value instanceof Json ? value.text : written(textOf(value))),
  })
  for (const tag of FILE_TAGS) delete engine.tags[tag]
  engine.registerFilter('json', (value: unknown) => new Json(JSON.stringify(value ?? null)))
  return engine
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** The text, or what is wrong with the template. */
export type Rendered = { text: string } | { problem: string }

/** Renders a template. Never throws for what the template contains. */
export function renderLiquid(template: string, data: object, escaping: Escaping): Rendered {
  const engine = ENGINES[escaping]
  let parsed: Template[]
  try {
    parsed = engine.parse(template)
  } catch (error) {
    return { problem: problemOf(error) }
  }
  try {
    const text = String(engine.renderSync(parsed, data))
    return text.length > RESULT_MAX ? { problem: 'The result is too long.' } : { text }
  } catch (error) {
    return { problem: problemOf(error) }
  }
}

// The library's messages quote the template over several lines. The first line says what is wrong, and where.
function problemOf(error: unknown): string {
  const [line = ''] = String(error instanceof Error ? error.message : error).split('\n')
  return line.slice(0, 160)
}
