// HTTP headers that people type, one per line. Their values are often secrets, so forms don't show them again.
import { z } from 'zod'
import { MASK } from '#domain/secrets.ts'

export const HEADERS_MAX = 20
const LINE_MAX = 1000
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** Stands for a stored value. A form of an earlier version may have three dots. */
const CONCEALED = /^•{3,}$/

/** Headers that the connection needs, or that identify the sender. */
const RESERVED = /^(?:host|content-length|transfer-encoding|connection|upgrade|te|trailer|expect|x-cronguard-.*)$/i
/** Headers whose values are never secret. */
const HARMLESS = /^(?:content-type|accept|accept-language|user-agent|cache-control|x-priority|priority|title|tags)$/i

export type Header = readonly [name: string, value: string]

export const HeaderLines = z.string().superRefine((text, { addIssue }) => {
  const problem = problemOf(text)
  if (problem !== null) addIssue({ code: 'custom', message: problem })
})

function problemOf(text: string): string | null {
  const lines = linesOf(text)
  if (lines.length > HEADERS_MAX) return `Enter at most ${HEADERS_MAX} headers.`
  for (const line of lines) {
    const [name, value] = headerOf(line)
    if (line.length > LINE_MAX) return `A header can have at most ${LINE_MAX} characters.`
    if (!line.includes(':')) return `“${line.slice(0, 40)}” is not a header. Enter “Name: value”, one per line.`
    if (!NAME.test(name)) return `“${name.slice(0, 40)}” is not a valid header name.`
    if (/[^\P{Cc}\t]/u.test(value)) return `Remove the control characters from “${name}”.`
    if (RESERVED.test(name)) return `CronGuard sets the header “${name}” itself.`
    if (CONCEALED.test(value)) return `Enter the value of “${name}”.`
  }
  return null
}

export function parseHeaders(text: string): Header[] {
  return linesOf(text).map(headerOf)
}

/** The lines with concealed values, for a form. */
export function concealHeaders(text: string): string {
  return parseHeaders(text)
    .map(([name, value]) => `${name}: ${HARMLESS.test(name) ? value : MASK}`)
    .join('\n')
}

/** The typed lines, in which each concealed value is the stored one again. */
export function revealHeaders(typed: string, stored: string): string {
  const known = new Map(parseHeaders(stored).map(([name, value]) => [name.toLowerCase(), value]))
  const revealed = (line: string): string => {
    const [name, value] = headerOf(line)
    return CONCEALED.test(value) ? `${name}: ${known.get(name.toLowerCase()) ?? value}` : line
  }
  return linesOf(typed).map(revealed).join('\n')
}

/** Whether the text contains a concealed value. */
export function hasConcealed(text: string): boolean {
  return parseHeaders(text).some(([, value]) => CONCEALED.test(value))
}

function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

function headerOf(line: string): Header {
  const [name = '', ...value] = line.split(':')
  return [name.trim(), value.join(':').trim()]
}
