// Liquid templates. They read no files, get plain data only, and are limited in time, memory and size.
import { Liquid } from 'liquidjs'
import { systemClock } from '#lib/clock.ts'
import { headerText, urlPart } from './placeholders.ts'

const MIB = 1024 * 1024
const RENDER_MAX_MS = 50
const MEMORY_MAX = 2 * MIB
/** The longest template. */
export const TEMPLATE_MAX = 10_000
/** What all templates of a message may produce together. */
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
  url: urlPart,
  header: headerText,
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

/** The time and the size that all texts of one message may still use. Once it is spent, nothing more is rendered. */
export class RenderBudget {
  readonly #now: () => number
  #msLeft = RENDER_MAX_MS
  #charactersLeft = RESULT_MAX

  constructor(now = (): number => systemClock.elapsed()) {
    this.#now = now
  }

  /** Renders within what is left. `render` gets the milliseconds. */
  spend(render: (ms: number) => Rendered): Rendered {
    if (this.#msLeft <= 0) return { problem: TOO_SLOW }
    const startedAt = this.#now()
    const rendered = render(this.#msLeft)
    this.#msLeft -= this.#now() - startedAt
    if (!('text' in rendered)) return rendered
    this.#charactersLeft -= rendered.text.length
    return this.#charactersLeft < 0 ? { problem: TOO_LONG } : rendered
  }

  /** How many characters a text may still have. */
  get charactersLeft(): number {
    return Math.max(0, this.#charactersLeft)
  }
}

const TOO_SLOW = 'rendering took too long'
const TOO_LONG = 'the result is too long'
const TOO_LARGE = 'rendering needs too much memory'

/** Renders a template. Never throws for what the template contains. */
export function renderLiquid(template: string, data: object, escaping: Escaping, budget: RenderBudget): Rendered {
  return budget.spend((renderLimit) => {
    try {
      const engine = ENGINES[escaping]
      return { text: String(engine.renderSync(engine.parse(template), data, { renderLimit })) }
    } catch (error) {
      return { problem: problemOf(error) }
    }
  })
}

// The library's messages quote the template over several lines. The first line says what is wrong, and where.
function problemOf(error: unknown): string {
  const [line = ''] = String(error instanceof Error ? error.message : error).split('\n')
  if (line.startsWith('template render limit exceeded')) return TOO_SLOW
  if (line.startsWith('memory alloc limit exceeded')) return TOO_LARGE
  return line.slice(0, 160)
}
