// Records the SMTP dialogue, without the secrets in it.
import { createSecretMask, MASK } from './secret-mask.ts'

export interface DialogueLine {
  from: 'client' | 'server'
  text: string
}

export interface Dialogue {
  lines: DialogueLine[]
  /** Whether lines, or ends of them, are missing. */
  isCut: boolean
}

const LINES_MAX = 80
const LINE_MAX = 300

interface Entry {
  tnx?: string
}

type Write = (entry: Entry, message: string) => void

/** A logger for the mail library, and what it has recorded so far. */
export function createRecorder(password: string | null) {
  const hide = createSecretMask(password)
  const lines: DialogueLine[] = []
  let isCut = false
  let isSigningIn = false
  const add = (from: DialogueLine['from'], texts: string[]): void => {
    const shown = texts.map((text) => ({ from, text: text.slice(0, LINE_MAX) }))
    isCut ||= lines.length + shown.length > LINES_MAX || texts.some((text) => text.length > LINE_MAX)
    lines.push(...shown.slice(0, LINES_MAX - lines.length))
  }
  // Everything that the client says between AUTH and the final reply is a credential.
  const hear: Record<string, (message: string) => void> = {
    client: (message) => {
      const auth = /^AUTH(?: +[\w-]+)?/i.exec(message)
      isSigningIn ||= auth !== null
      const isHidden = isSigningIn && message !== auth?.[0]
      add('client', [isHidden ? `${auth?.[0] ?? ''} ${MASK}`.trim() : hide(message)])
    },
    server: (message) => {
      const isChallenge = isSigningIn && message.startsWith('334')
      isSigningIn = isChallenge
      add('server', isChallenge ? [`334 ${MASK}`] : hideIn(message.split(/\r?\n/), hide))
    },
  }
  const write: Write = ({ tnx = '' }, message) => hear[tnx]?.(message)
  const logger = { level: () => {}, trace: write, debug: write, info: write, warn: write, error: write, fatal: write }
  return { logger, dialogue: (): Dialogue => ({ lines: [...lines], isCut }) }
}

// A reply of several lines may spread a secret over them.
function hideIn(lines: string[], hide: (text: string) => string): string[] {
  const hidden = lines.map(hide)
  const joined = hidden.map((line) => line.replace(/^\d{3}[ -]?/, '')).join('')
  return hide(joined) === joined ? hidden : hidden.map((line) => `${line.slice(0, 3)} ${MASK}`)
}
