import { AppError, isTooMany } from '#lib/errors.ts'
import { readHead } from './body.ts'

const FORM_MAX = 64 * 1024
const FIELDS_MAX = 300

/** What a person typed into a form, by the name of the field. A field that is not there is an empty text. */
export interface Form {
  text(name: string): string
  /** Every value of a field that may stand there several times. */
  list(name: string): string[]
  /** Whether a box is ticked. */
  isTicked(name: string): boolean
  /** Everything, to show the form again with the person's own words. */
  values: Record<string, string>
}

/** What was sent along; an empty form with a request that changes nothing. Throws invalid for what is no form. */
export async function readForm(request: Request): Promise<Form> {
  if (request.method !== 'POST') return toForm(new URLSearchParams())
  const bytes = await readHead(request, FORM_MAX + 1)
  if (bytes.length > FORM_MAX) throw new AppError('invalid', 'This form is too long.')
  const contentType = request.headers.get('content-type') ?? ''
  if (bytes.length > 0 && !contentType.startsWith('application/x-www-form-urlencoded')) {
    throw new AppError('invalid', 'This is not a form.')
  }
  return toForm(new URLSearchParams(new TextDecoder().decode(bytes)))
}

// Each field is looked at once: a form of a thousand names must not take a million looks.
function toForm(fields: URLSearchParams): Form {
  const lists = new Map<string, string[]>()
  for (const [name, value] of fields) {
    const list = lists.get(name)
    if (list) list.push(value)
    else lists.set(name, [value])
    if (lists.size > FIELDS_MAX) throw new AppError('invalid', 'This form has too many fields.')
  }
  // Browsers send line breaks as two characters; nobody typed the first one.
  const text = (name: string): string => (lists.get(name)?.[0] ?? '').replaceAll('\r\n', '\n')
  return {
    text,
    list: (name) => lists.get(name) ?? [],
    isTicked: (name) => lists.has(name),
    values: Object.fromEntries([...lists.keys()].map((name) => [name, text(name)])),
  }
}

/** A form that comes back: what the person typed, and what is wrong with it. */
export interface Retry {
  values: Record<string, string>
  problems: Readonly<Record<string, string>>
}

/** What is wrong with a form as a whole; null when it stands at a field. */
export function problemOf({ message, fields }: AppError): string | null {
  return Object.keys(fields).length === 0 ? message : null
}

/** One of several forms of a page, as it comes back: the person's words, and what is wrong with them. */
export function returnedForm<Section>(error: AppError, { section, form }: { section: Section; form: Form }) {
  return { section, form: { values: form.values, problems: error.fields }, problem: problemOf(error) }
}

const MENDABLE = ['invalid', 'conflict', 'full', 'too_many']

/**
 * Runs what a form asks for. What a person can mend, or has to wait for, the form `again` tells them, with 422 or 429;
 * everything else goes on to the door.
 */
export async function orRerender(
  work: () => Promise<Response> | Response,
  again: (error: AppError) => Response | Promise<Response>,
): Promise<Response> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppError) || !MENDABLE.includes(error.code)) throw error
    const response = await again(error)
    return isTooMany(error) ? new Response(response.body, { status: 429, headers: response.headers }) : response
  }
}
