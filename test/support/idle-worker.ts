import { serveWorker } from '#lib/worker.ts'

/** Answers with the question, or never answers if that is "never". */
serveWorker((question: string) => {
  while (question === 'never');
  return question
})
