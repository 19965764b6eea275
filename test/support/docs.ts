import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lexer, type Tokens, walkTokens } from 'marked'
import { docValues } from '#views/pages/docs/values.ts'
import { ROOT } from './source.ts'

const FOLDER = join(ROOT, 'assets/docs')

/** The files of the documentation: "alerts.md". */
export function docFiles(): string[] {
  return readdirSync(FOLDER).filter((name) => name.endsWith('.md'))
}

export function readDoc(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8')
}

/** All code blocks of a page. */
export function codeIn(source: string): { language: string; code: string }[] {
  const found: { language: string; code: string }[] = []
  walkTokens(lexer(source), (token) => {
    const { text, lang = '' } = token as Tokens.Code
    if (token.type === 'code') found.push({ language: lang, code: text })
  })
  return found
}

/** The first code block of a language in a page, as a server with these addresses shows it. */
export function codeOf(name: string, language: string, place: Parameters<typeof docValues>[0]): string {
  const values = docValues(place)
  const [first] = codeIn(readDoc(name)).filter((piece) => piece.language === language)
  if (first === undefined) throw new Error(`${name} has no ${language}`)
  return first.code.replace(/\{\{(\w+)\}\}/g, (_, value: string) => values[value] ?? '')
}

/** The documented crontab line for this tool. */
export function crontabLine(pingUrl: string, tool: 'curl' | 'wget'): string {
  const lines = codeIn(readDoc('pinging.md')).flatMap(({ code }) => code.split('\n'))
  const line = lines.find((text) => text.startsWith('0 3 * * *') && text.includes(tool))
  if (line === undefined) throw new Error(`The documentation has no line for a crontab with ${tool}`)
  return line.replace('{{ping_url}}', () => pingUrl)
}
