// A worker thread that parses bodies while the server responds to pings. It is an entry point of the executable, like
// main.ts.
import { serveWorker } from '#lib/worker.ts'
import { parseMail } from './mail-text.ts'
import type { ReadingQuestion } from './reading.ts'

serveWorker(({ kind, bytes }: ReadingQuestion): unknown =>
  kind === 'mail' ? parseMail(bytes) : JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()),
)
