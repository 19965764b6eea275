import { createInterface } from 'node:readline/promises'

/** Asks at the terminal. Null when there is no terminal; '' when the terminal closes. */
export async function askAtTerminal(question: string): Promise<string | null> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await Promise.race([terminal.question(question), closed(terminal)])
  } finally {
    terminal.close()
  }
}

function closed(terminal: ReturnType<typeof createInterface>): Promise<string> {
  return new Promise((resolve) => terminal.once('close', () => resolve('')))
}
