// Parses bodies without delaying pings: large ones are parsed in a worker thread.
import { SECOND } from '#lib/duration.ts'
import { createWorkerQueue } from '#lib/worker.ts'
import type { ReadMail } from './mail-text.ts'

/** A parsed JSON value. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** The bytes are UTF-8, except those of an email. */
export interface ReadingQuestion {
  kind: 'json' | 'mail'
  bytes: Uint8Array
}

/** Up to this size, parsing takes at most 40 ms and needs no worker. */
const SMALL_BYTES = 100_000
const JSON_MAX_MS = 10 * SECOND
const MAIL_MAX_MS = 20 * SECOND

// In the executable, all modules have the path of main.ts, but the worker keeps its path below it.
const WORKER = new URL(
  Bun.isStandaloneExecutable ? './http/pings/reading-worker.ts' : './reading-worker.ts',
  import.meta.url,
)

// Separate queues, so that reports don't wait for emails.
const askOfJson = createWorkerQueue<ReadingQuestion, Json>(WORKER, { maxMs: JSON_MAX_MS })
const askOfMail = createWorkerQueue<ReadingQuestion, ReadMail | null>(WORKER, { maxMs: MAIL_MAX_MS })

/** Undefined if it isn't JSON or takes too long. */
export async function parseJson(bytes: Uint8Array): Promise<Json | undefined> {
  if (bytes.length > SMALL_BYTES) return await askOfJson({ kind: 'json', bytes }).catch(() => undefined)
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString())
  } catch {
    return undefined
  }
}

/** Null if the email can't be parsed or takes too long. */
export function readMail(bytes: Uint8Array): Promise<ReadMail | null> {
  return askOfMail({ kind: 'mail', bytes }).catch(() => null)
}
