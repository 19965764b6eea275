// Parses bodies without delaying pings: large ones are parsed in a worker thread.
import { SECOND } from '#lib/duration.ts'
import { createWorkerQueue } from '#lib/worker.ts'
import { type Cut, type Fields, type FormQuestion, type Json, parseForm, parseJson } from './content.ts'
import type { ReadMail } from './mail-text.ts'

export type ReadingQuestion = { bytes: Uint8Array } & (
  | ({ kind: 'json'; charset: string | null } & Cut)
  | ({ kind: 'form' } & FormQuestion)
  | { kind: 'mail' }
)

/** Up to this size, parsing takes at most 40 ms and needs no worker. */
const SMALL_BYTES = 100_000
const BODY_MAX_MS = 10 * SECOND
const MAIL_MAX_MS = 20 * SECOND

// In the executable, all modules have the path of main.ts, but the worker keeps its path below it.
const WORKER = new URL(
  Bun.isStandaloneExecutable ? './http/pings/reading-worker.ts' : './reading-worker.ts',
  import.meta.url,
)

// Separate queues, so that reports don't wait for mails.
const askOfBody = createWorkerQueue<ReadingQuestion, never>(WORKER, { maxMs: BODY_MAX_MS })
const askOfMail = createWorkerQueue<ReadingQuestion, ReadMail | null>(WORKER, { maxMs: MAIL_MAX_MS })

/** Undefined if the body isn't JSON or takes too long. */
export async function readJson(
  bytes: Uint8Array,
  question: Cut & { charset: string | null },
): Promise<Json | undefined> {
  if (bytes.length <= SMALL_BYTES) return parseJson(bytes, question)
  return await askOfBody({ kind: 'json', bytes, ...question }).catch(() => undefined)
}

/** Null if the form is incomplete or takes too long. */
export async function readForm(bytes: Uint8Array, question: FormQuestion): Promise<Fields | null> {
  if (bytes.length <= SMALL_BYTES) return await parseForm(bytes, question)
  return await askOfBody({ kind: 'form', bytes, ...question }).catch(() => null)
}

/** Null if the mail can't be parsed or takes too long. */
export function readMail(bytes: Uint8Array): Promise<ReadMail | null> {
  return askOfMail({ kind: 'mail', bytes }).catch(() => null)
}
