// Listens for mails to ping addresses, on a port of its own: plain, without passwords, and for nothing else.
import type { SMTPServerAddress, SMTPServerDataStream, SMTPServerSession } from 'smtp-server'
import type { Deps } from '#deps.ts'
import { SECOND } from '#lib/duration.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { readRecipient, recordMail } from './pings/mail.ts'

/** A report is small; a longer mail is refused. */
export const MAIL_BYTES_MAX = 1_000_000
export const RECIPIENTS_MAX = 50
export const CLIENTS_MAX = 50
const SILENCE_MAX_MS = 60 * SECOND
const CLOSE_MAX_MS = 2 * SECOND

export interface MailListener {
  port: number
  /** No new connections; what is under way may end, briefly. */
  stop(): Promise<void>
}

/** Null when pings by mail are not taken. Rejects with what the system said when it cannot listen. */
export async function listenForMail(deps: Deps): Promise<MailListener | null> {
  const { pingMail } = deps.config
  if (pingMail === null) return null
  // Loaded only where mails are taken.
  const { SMTPServer } = await import('smtp-server')
  const server = new SMTPServer({
    name: pingMail.domain,
    banner: 'CronGuard takes pings',
    disabledCommands: ['AUTH', 'STARTTLS'],
    authOptional: true,
    disableReverseLookup: true,
    size: MAIL_BYTES_MAX,
    maxClients: CLIENTS_MAX,
    socketTimeout: SILENCE_MAX_MS,
    closeTimeout: CLOSE_MAX_MS,
    logger: false,
    onRcptTo: (recipient, session, done) => done(refusalOf(recipient, session, pingMail.domain)),
    onData: (stream, session, done) => {
      take(deps, stream, session).then(
        () => done(),
        (error) => done(apology(deps, error)),
      )
    },
  })
  // Who hangs up in the middle of a mail is no fault of ours.
  server.on('error', (error) => deps.log.debug('A mail broke off', { reason: String(error) }))
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    const listener = server.listen(pingMail.port, pingMail.host, () => {
      const address = listener.address()
      resolve(typeof address === 'object' && address ? address.port : pingMail.port)
    })
  })
  return { port, stop: () => new Promise((resolve) => server.close(() => resolve())) }
}

function refusalOf({ address }: SMTPServerAddress, { envelope }: SMTPServerSession, domain: string): Error | null {
  if (envelope.rcptTo.length >= RECIPIENTS_MAX) return answer(452, '4.5.3 Too many recipients')
  const read = readRecipient(address, domain)
  return typeof read === 'string' ? answer(550, `5.1.1 ${read}`) : null
}

async function take(
  deps: Deps,
  stream: SMTPServerDataStream,
  { envelope, remoteAddress }: SMTPServerSession,
): Promise<void> {
  const raw = await readAll(stream)
  if (raw.length > MAIL_BYTES_MAX || stream.sizeExceeded) throw answer(552, '5.3.4 The mail is too long')
  const domain = deps.config.pingMail?.domain ?? ''
  await recordMail(deps, {
    sender: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
    addresses: envelope.rcptTo
      .map(({ address }) => readRecipient(address, domain))
      .filter((read) => typeof read !== 'string'),
    remoteAddress,
    raw,
  })
}

// What is too long is read to its end and dropped: the sender listens for an answer only then.
async function readAll(stream: SMTPServerDataStream): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size <= MAIL_BYTES_MAX + 1) chunks.push(chunk)
  }
  return size > MAIL_BYTES_MAX ? new Uint8Array(MAIL_BYTES_MAX + 1) : new Uint8Array(Buffer.concat(chunks))
}

function apology({ log }: Deps, error: unknown): Error {
  if (error instanceof Error && 'responseCode' in error) return error
  if (!(error instanceof StorageRefusedError)) log.error('A mail could not be taken', { error })
  return answer(451, '4.3.0 Try again later')
}

function answer(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}
