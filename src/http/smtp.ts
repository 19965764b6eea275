// Receives emails to ping addresses on a separate port, without TLS or authentication. Other email is refused.
import type { SMTPServer, SMTPServerAddress, SMTPServerDataStream, SMTPServerSession } from 'smtp-server'
import type { Deps } from '#deps.ts'
import type { Reservation } from '#lib/byte-budget.ts'
import { MINUTE, SECOND } from '#lib/duration.ts'
import { StorageRefusedError } from '#lib/errors.ts'
import { bytesInFlight } from './body.ts'
import { mailDomainOf, readRecipient, recordMail } from './pings/mail.ts'

/** Longer emails are refused. */
export const MAIL_BYTES_MAX = 1_000_000
/** The minimum that a mail server must accept (RFC 5321, 4.5.3.1.8). */
export const RECIPIENTS_MAX = 100
export const CLIENTS_MAX = 50
/** Mail relays open about this many connections at a time. The limit keeps one sender from blocking others. */
export const CLIENTS_OF_ONE_MAX = 20
const SILENCE_MAX_MS = 60 * SECOND
/** For a whole session. An idle timeout alone doesn't stop a client that sends a byte now and then. */
const SESSION_MAX_MS = 10 * MINUTE
const CLOSE_MAX_MS = 2 * SECOND

export interface MailListener {
  port: number
  /** Refuses new connections and gives current sessions a moment to end. */
  stop(): Promise<void>
}

/** Null if pings by email are disabled. Rejects with the error of the system if it can't listen. */
export async function listenForMail(deps: Deps, { sessionMaxMs = SESSION_MAX_MS } = {}): Promise<MailListener | null> {
  const { pingMail } = deps.config
  if (pingMail === null) return null
  // Loaded only if pings by email are enabled.
  const library = await import('smtp-server')
  const server: SMTPServer = new library.SMTPServer({
    name: pingMail.domain,
    banner: 'CronGuard accepts pings',
    disabledCommands: ['AUTH', 'STARTTLS', 'WIZ', 'SHELL', 'KILL'],
    authOptional: true,
    // Appliances use invalid sender addresses such as `nas.@example.com`.
    lenientAddressParsing: true,
    disableReverseLookup: true,
    size: MAIL_BYTES_MAX,
    maxClients: CLIENTS_MAX,
    socketTimeout: SILENCE_MAX_MS,
    closeTimeout: CLOSE_MAX_MS,
    logger: false,
    onConnect: (session, done) =>
      done(isCrowded(server, session) ? answer(421, 'Too many connections from you') : null),
    onRcptTo: (recipient, session, done) => done(refusalOf(deps, recipient, session)),
    onData: (stream, session, done) => {
      take(deps, stream, session).then(
        () => done(null, 'OK'),
        (error) => done(smtpError(deps, error)),
      )
    },
  })
  server.server.on('connection', (socket) => {
    const sessionTimeout = setTimeout(() => socket.destroy(), sessionMaxMs)
    socket.once('close', () => clearTimeout(sessionTimeout))
  })
  // A client that disconnects during an email isn't an error of the server.
  server.on('error', (error) => deps.log.debug('Email connection lost', { reason: String(error) }))
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    const listener = server.listen(pingMail.port, pingMail.host, () => {
      const address = listener.address()
      resolve(typeof address === 'object' && address ? address.port : pingMail.port)
    })
  })
  return { port, stop: () => new Promise((resolve) => server.close(() => resolve())) }
}

function isCrowded({ connections }: SMTPServer, { remoteAddress }: SMTPServerSession): boolean {
  return [...connections].filter((other) => other.remoteAddress === remoteAddress).length > CLIENTS_OF_ONE_MAX
}

function refusalOf(deps: Deps, { address }: SMTPServerAddress, { envelope }: SMTPServerSession): Error | null {
  if (envelope.rcptTo.length >= RECIPIENTS_MAX) return answer(452, '4.5.3 Too many recipients')
  const read = readRecipient(address, mailDomainOf(deps))
  return typeof read === 'string' ? answer(550, `5.1.1 ${read}`) : null
}

async function take(deps: Deps, stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
  const chunks: Buffer[] = []
  const holding = bytesInFlight.open(() => {
    chunks.length = 0
  })
  try {
    await record(deps, { stream, session, chunks, holding })
  } finally {
    holding.close()
  }
}

interface Incoming {
  stream: SMTPServerDataStream
  session: SMTPServerSession
  /** The received parts of the email, within the memory budget. */
  chunks: Buffer[]
  holding: Reservation
}

async function record(deps: Deps, incoming: Incoming): Promise<void> {
  const { stream, session } = incoming
  const { envelope, remoteAddress } = session
  const raw = await readAll(incoming).catch(() => {
    throw answer(451, '4.4.2 Connection lost')
  })
  if (raw === null) throw answer(452, '4.3.1 Too much mail at once. Try again later')
  if (raw.length > MAIL_BYTES_MAX || stream.sizeExceeded) throw answer(552, '5.3.4 Message too large')
  const place = mailDomainOf(deps)
  await recordMail(deps, {
    sender: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
    addresses: envelope.rcptTo
      .map(({ address }) => readRecipient(address, place))
      .filter((read) => typeof read !== 'string'),
    remoteAddress,
    raw,
  })
}

// Null if memory is short. An email that is too long is read to its end and dropped, because the client waits for the
// response only after the data.
async function readAll({ stream, chunks, holding }: Incoming): Promise<Uint8Array | null> {
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size <= MAIL_BYTES_MAX && holding.resize(size)) chunks.push(chunk)
    else chunks.length = 0
  }
  if (size > MAIL_BYTES_MAX) return new Uint8Array(MAIL_BYTES_MAX + 1)
  if (!holding.isOpen) return null
  holding.settle()
  return Buffer.concat(chunks)
}

function smtpError({ log }: Deps, error: unknown): Error {
  if (error instanceof Error && 'responseCode' in error) return error
  if (!(error instanceof StorageRefusedError)) log.error('Could not accept an email', { error })
  return answer(451, '4.3.0 Try again later')
}

function answer(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}
