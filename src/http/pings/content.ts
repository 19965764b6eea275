// Parses JSON and forms, on the calling thread. Only what the dialects need is kept, because bodies may be large.
import { decodeBody } from '#domain/body.ts'

/** A parsed JSON value. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

export interface Cut {
  /** Longer strings are cut to this many characters or bytes. */
  limit: number
}

/** JSON with more members is rejected, because it takes too much memory. */
const MEMBERS_MAX = 100_000
const DEPTH_MAX = 100

/** Undefined if the body isn't JSON or has too many members. Long strings are cut. */
export function parseJson(bytes: Uint8Array, { charset, limit }: Cut & { charset: string | null }): Json | undefined {
  const text = decodeBody(bytes, charset)
  if (hasTooManyMembers(text)) return undefined
  try {
    return cutStrings(JSON.parse(text), { limit, depth: 0 })
  } catch {
    return undefined
  }
}

const [QUOTE, BACKSLASH, COMMA, BRACKET, BRACE] = ['"', '\\', ',', '[', '{'].map((sign) => sign.charCodeAt(0))

function hasTooManyMembers(text: string): boolean {
  let count = 0
  let isInString = false
  for (let index = 0; index < text.length && count <= MEMBERS_MAX; index++) {
    const sign = text.charCodeAt(index)
    if (sign === QUOTE) isInString = !isInString
    else if (isInString && sign === BACKSLASH) index++
    else if (!isInString && (sign === COMMA || sign === BRACKET || sign === BRACE)) count++
  }
  return count > MEMBERS_MAX
}

function cutStrings(value: Json, { limit, depth }: Cut & { depth: number }): Json {
  if (depth > DEPTH_MAX) throw new RangeError('The JSON is too deep.')
  if (typeof value === 'string') return value.slice(0, limit)
  if (typeof value !== 'object' || value === null) return value
  const cut = (member: Json): Json => cutStrings(member, { limit, depth: depth + 1 })
  if (Array.isArray(value)) return value.map(cut)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, cut(member)]))
}

export interface FormQuestion extends Cut {
  contentType: string
  /** The fields to read. */
  names: readonly string[]
}

export type Fields = [name: string, value: string][]

/** The fields of a form, from `curl -d` or `curl -F`. Null if the form is incomplete or has too many fields. */
export function parseForm(bytes: Uint8Array, question: FormQuestion): Fields | null | Promise<Fields | null> {
  return /^multipart\/form-data\b/i.test(question.contentType)
    ? parseParts(bytes, question)
    : parsePairs(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), question)
}

/** Reports have a few fields. A million fields would take seconds and hundreds of megabytes. */
const FIELDS_MAX = 1000

async function parseParts(bytes: Uint8Array, { contentType, names, limit }: FormQuestion): Promise<Fields | null> {
  if (hasTooManyParts(bytes, contentType)) return null
  try {
    const headers = { 'Content-Type': contentType }
    const parts = await new Response(new Uint8Array(bytes), { headers }).formData()
    const wanted = [...parts].filter(([name]) => names.includes(name))
    return await Promise.all(
      wanted.map(async ([name, value]): Promise<[string, string]> => {
        const text = typeof value === 'string' ? value : await value.slice(0, limit).text()
        return [name, text.slice(0, limit)]
      }),
    )
  } catch {
    return null
  }
}

function hasTooManyParts(bytes: Uint8Array, contentType: string): boolean {
  const [, quoted, plain] = /\bboundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType) ?? []
  const boundary = Buffer.from(`--${quoted ?? plain ?? ''}`)
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  let count = 0
  for (let place = body.indexOf(boundary); place !== -1 && count <= FIELDS_MAX; count++) {
    place = body.indexOf(boundary, place + boundary.length)
  }
  return count > FIELDS_MAX
}

/** "%0A" encodes one byte. */
const BYTES_OF_ONE = 3
const [PERCENT, AMPERSAND] = [0x25, 0x26]

// Decodes only the requested fields, because a form may have millions of others.
function parsePairs(bytes: Buffer, { names, limit }: FormQuestion): Fields | null {
  const beginnings = names.map((name) => Buffer.from(`${name}=`))
  const lengthMax = BYTES_OF_ONE * (Math.max(...names.map(({ length }) => length)) + limit) + 1
  const fields: Fields = []
  let decoded = 0
  for (let start = 0; start < bytes.length; ) {
    const next = bytes.indexOf(AMPERSAND, start)
    const end = next === -1 ? bytes.length : next
    if (bytes[start] === PERCENT || beginnings.some((beginning) => matchesAt(bytes, start, beginning))) {
      if (++decoded > FIELDS_MAX) return null
      const pair = new URLSearchParams(bytes.toString('utf8', start, Math.min(end, start + lengthMax)))
      fields.push(...[...pair].filter(([name]) => names.includes(name)))
    }
    start = end + 1
  }
  return fields
}

function matchesAt(bytes: Buffer, start: number, wanted: Buffer): boolean {
  for (let index = 0; index < wanted.length; index++) if (bytes[start + index] !== wanted[index]) return false
  return true
}
