import { serveWorker } from '#lib/worker.ts'

/** Answers with what it is asked, unless that is "never": then it is busy for good. */
serveWorker((question: string) => {
  while (question === 'never');
  return question
})
