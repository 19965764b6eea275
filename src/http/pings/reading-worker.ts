// A worker thread that parses bodies while the server responds to pings. It is an entry point of the executable, like
// main.ts.
import { serveWorker } from '#lib/worker.ts'
import { parseForm, parseJson } from './content.ts'
import { parseMail } from './mail-text.ts'
import type { ReadingQuestion } from './reading.ts'

serveWorker(({ bytes, ...question }: ReadingQuestion): unknown => {
  switch (question.kind) {
    case 'json':
      return parseJson(bytes, question)
    case 'form':
      return parseForm(bytes, question)
    case 'mail':
      return parseMail(bytes)
  }
})
