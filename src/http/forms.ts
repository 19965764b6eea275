import type { Deps } from '#deps.ts'
import { AppError, isTooMany } from '#lib/errors.ts'
import { readHead } from './body.ts'

const FORM_MAX = 64 * 1024
const FIELDS_MAX = 300

/** The values of a submitted form, by field name. A missing field is an empty string. */
export interface Form {
  text(name: string): string
  /** All values of a field that may occur several times. */
  list(name: string): string[]
  /** Whether a check box is selected. */
  isTicked(name: string): boolean
  /** All values, to render the form again with what the user typed. */
  values: Record<string, string>
}

/** Reads the form of a request; the form of a GET request is empty. Throws `invalid` if the body isn't a form. */
export async function readForm(request: Request): Promise<Form> {
  if (request.method !== 'POST') return toForm(new URLSearchParams())
  const bytes = await readHead(request, FORM_MAX + 1)
  if (bytes.length > FORM_MAX) throw new AppError('invalid', 'This form is too large.')
  const contentType = request.headers.get('content-type') ?? ''
  if (bytes.length > 0 && !contentType.startsWith('application/x-www-form-urlencoded')) {
    throw new AppError('invalid', 'The request contains no form.')
  }
  return toForm(new URLSearchParams(new TextDecoder().decode(bytes)))
}

// Reads each field once, so that a form with a thousand fields takes linear time.
function toForm(fields: URLSearchParams): Form {
  const lists = new Map<string, string[]>()
  for (const [name, value] of fields) {
    const list = lists.get(name)
    if (list) list.push(value)
    else lists.set(name, [value])
    if (lists.size > FIELDS_MAX) throw new AppError('invalid', 'This form has too many fields.')
  }
  // Browsers send line breaks as CRLF.
  const text = (name: string): string => (lists.get(name)?.[0] ?? '').replaceAll('\r\n', '\n')
  return {
    text,
    list: (name) => lists.get(name) ?? [],
    isTicked: (name) => lists.has(name),
    values: Object.fromEntries([...lists.keys()].map((name) => [name, text(name)])),
  }
}

/** A form to render again: what the user typed, and the errors. */
export interface Retry {
  values: Record<string, string>
  problems: Readonly<Record<string, string>>
}

/** The error of the form as a whole; null if errors are shown at fields. */
export function problemOf({ message, fields }: AppError): string | null {
  return Object.keys(fields).length === 0 ? message : null
}

/** One of several forms of a page, with what the user typed and the errors. */
export function returnedForm<Section>(error: AppError, { section, form }: { section: Section; form: Form }) {
  return { section, form: { values: form.values, problems: error.fields }, problem: problemOf(error) }
}

const CORRECTABLE = ['invalid', 'conflict', 'full', 'too_many']

/**
 * Runs the action of a form. Errors that the user can correct or wait out render the form again through `again`, with
 * status 422 or 429, and show one moment. Other errors are rethrown.
 */
export async function orRerender(
  { db }: Pick<Deps, 'db'>,
  work: () => Promise<Response> | Response,
  again: (error: AppError) => Response | Promise<Response>,
): Promise<Response> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppError) || !CORRECTABLE.includes(error.code)) throw error
    const response = await db.read(() => again(error))
    return isTooMany(error) ? new Response(response.body, { status: 429, headers: response.headers }) : response
  }
}
