// Runs long work that cannot be split in a separate thread.
import { AppError, type ErrorCode, messageOf } from './errors.ts'

/** The worker's global scope. */
declare const self: Worker

type Reply<Answer> =
  | { kind: 'answer'; answer: Answer }
  | { kind: 'refusal'; code: ErrorCode; message: string }
  | { kind: 'fault'; message: string; stack: string | undefined; code: string | undefined }

/** Starts the worker at `url` for one question. Rejects with what the worker threw, or when `signal` aborts. */
export function runInWorker<Answer>(url: URL, { question, signal }: { question: unknown; signal: AbortSignal }) {
  const worker = new Worker(url)
  return answerOf<Answer>(worker, { question, signal }).finally(() => worker.terminate())
}

function answerOf<Answer>(worker: Worker, { question, signal }: { question: unknown; signal: AbortSignal }) {
  const answered = new Promise<Answer>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Reply<Answer>>) => {
      if (data.kind === 'answer') resolve(data.answer)
      else reject(errorOf(data))
    }
    worker.onerror = ({ message }) => reject(new Error(message))
    signal.addEventListener('abort', () => reject(signal.reason))
    if (signal.aborted) reject(signal.reason)
  })
  worker.postMessage(question)
  return answered
}

/**
 * Runs one question at a time in a shared worker, each for at most `maxMs`. The worker starts with the first question
 * and ends after the last. Rejects with what the worker threw, or when the time is over.
 */
export function createWorkerQueue<Question, Answer>(url: URL, { maxMs }: { maxMs: number }) {
  let worker: Worker | null = null
  let waiting = 0
  let lastTurn: Promise<unknown> = Promise.resolve()
  const end = (): void => {
    worker?.terminate()
    worker = null
  }
  const ask = async (question: Question): Promise<Answer> => {
    worker ??= new Worker(url)
    try {
      return await answerOf<Answer>(worker, { question, signal: AbortSignal.timeout(maxMs) })
    } catch (error) {
      // It may still be busy with this question.
      end()
      throw error
    }
  }
  return (question: Question): Promise<Answer> => {
    waiting += 1
    const turn = lastTurn.then(() => ask(question))
    lastTurn = turn
      .catch(() => {})
      .then(() => {
        waiting -= 1
        if (waiting === 0) end()
      })
    return turn
  }
}

/** Called in the worker's file. Answers each question with the result or the error. */
export function serveWorker<Question, Answer>(answer: (question: Question) => Answer | Promise<Answer>): void {
  self.onmessage = async ({ data }: MessageEvent<Question>) => postMessage(await replyTo(() => answer(data)))
}

async function replyTo<Answer>(work: () => Answer | Promise<Answer>): Promise<Reply<Answer>> {
  try {
    return { kind: 'answer', answer: await work() }
  } catch (error) {
    if (error instanceof AppError) return { kind: 'refusal', code: error.code, message: error.message }
    const { stack, code } = error as NodeJS.ErrnoException
    return { kind: 'fault', message: messageOf(error), stack, code }
  }
}

function errorOf(reply: Exclude<Reply<unknown>, { kind: 'answer' }>): Error {
  if (reply.kind === 'refusal') return new AppError(reply.code, reply.message)
  return Object.assign(new Error(reply.message), { stack: reply.stack, code: reply.code })
}
