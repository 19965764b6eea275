// Protocols in which each request and each answer is one line of text.

import { type NetworkFailure, networkFailure, networkFailureOf } from './network.ts'
import type { Connected } from './outbound.ts'

export interface LineExchange<Answer> {
  /** Without a line break. */
  request: string
  /** Null for lines that don't answer the request. */
  read(line: string): Answer | null
  timeoutMs: number
  /** How many characters to read at most, including other lines. */
  receivedMax: number
}

/** Sends a line, and waits for the line that answers it. */
export function exchangeLines<Answer>(
  socket: Connected['socket'],
  { request, read, timeoutMs, receivedMax }: LineExchange<Answer>,
): Promise<Answer | NetworkFailure> {
  return new Promise((resolve) => {
    const finish = (answer: Answer | NetworkFailure): void => {
      clearTimeout(timer)
      resolve(answer)
    }
    const timer = setTimeout(() => finish(networkFailure('timeout')), timeoutMs)
    let received = 0
    let rest = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk.length
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      const answer = lines.map(read).find((found) => found !== null)
      if (answer) finish(answer)
      else if (received > receivedMax) finish(networkFailure('connection', 'the answer is too long'))
    })
    socket.on('error', (error) => finish(networkFailureOf(error)))
    socket.on('close', () => finish(networkFailure('connection')))
    socket.write(`${request}\n`)
  })
}
