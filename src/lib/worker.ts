// Work that takes long and cannot be done in parts is given to a thread of its own.
import { AppError, type ErrorCode, messageOf } from './errors.ts'

/** What a worker is, seen from inside. */
declare const self: Worker

type Reply<Answer> =
  | { kind: 'answer'; answer: Answer }
  | { kind: 'refusal'; code: ErrorCode; message: string }
  | { kind: 'fault'; message: string; stack: string | undefined; code: string | undefined }

/**
 * Starts the worker at `url`, puts it one question and ends it. Rejects with what the worker threw, and when `signal`
 * says that nobody needs the answer any more.
 */
export function askWorker<Answer>(url: URL, { question, signal }: { question: unknown; signal: AbortSignal }) {
  const worker = new Worker(url)
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
  return answered.finally(() => worker.terminate())
}

/** What a worker's file does: answers each question, or says why not. */
export function answerQuestions<Question, Answer>(answer: (question: Question) => Answer): void {
  self.onmessage = ({ data }: MessageEvent<Question>) => postMessage(replyTo(() => answer(data)))
}

function replyTo<Answer>(work: () => Answer): Reply<Answer> {
  try {
    return { kind: 'answer', answer: work() }
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
