// A real mail server that keeps what it receives.
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { Receipt, Receiver } from './conformance.ts'

export const USERNAME = 'cronguard'
export const PASSWORD = 'smtp-password-99'

/** The enhanced code tells whether a recipient is refused because of the recipient or because of the sender. */
const REPLIES: Record<number, string> = { 550: '5.1.1 No such user', 554: '5.7.1 Relay access denied' }
const AT_RECIPIENT = [550, 554, 451]

export interface MailReceiver extends Receiver {
  mails: ParsedMail[]
  raws: string[]
  /** One entry per connection: whether it was encrypted when the last mail arrived. */
  connections: Map<string, boolean>
}

export async function startReceiver(options: SMTPServerOptions = {}): Promise<MailReceiver> {
  const refuse = (says: number) => Object.assign(new Error(REPLIES[says] ?? 'You said no'), { responseCode: says })
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    hideSTARTTLS: true,
    closeTimeout: 100,
    logger: false,
    onConnect: ({ id }, done) => {
      receiver.connections.set(id, false)
      done()
    },
    onAuth: ({ username, password }, _session, done) => {
      const isKnown = username === USERNAME && password === PASSWORD && receiver.says !== 535
      // The worst server repeats the password.
      if (isKnown) done(null, { user: username })
      else done(Object.assign(new Error(`${password} is wrong`), { responseCode: 535 }))
    },
    onMailFrom: (_address, _session, done) => (receiver.says === 553 ? done(refuse(553)) : done()),
    onRcptTo: (_address, _session, done) =>
      AT_RECIPIENT.includes(receiver.says ?? 0) ? done(refuse(receiver.says ?? 0)) : done(),
    onData: (stream, { id, secure }, done) => {
      Array.fromAsync(stream as AsyncIterable<Buffer>)
        .then(async (chunks) => {
          const raw = Buffer.concat(chunks).toString('latin1')
          const mail = await simpleParser(Buffer.concat(chunks))
          receiver.connections.set(id, secure)
          receiver.raws.push(raw)
          receiver.mails.push(mail)
          receiver.receipts.push(readReceipt(mail))
          done(receiver.says === null ? null : refuse(receiver.says))
        })
        .catch(done)
    },
    ...options,
  })
  // A client that disconnects early is not an error of the server.
  server.on('error', () => {})
  const receiver: MailReceiver = {
    port: await new Promise((resolve) => {
      const listener = server.listen(0, '127.0.0.1', () => {
        const address = listener.address()
        resolve(typeof address === 'object' && address ? address.port : 0)
      })
    }),
    receipts: [],
    mails: [],
    raws: [],
    connections: new Map(),
    says: null,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return receiver
}

function readReceipt(mail: ParsedMail): Receipt {
  const [status = '', ...name] = (mail.subject ?? '').split(': ')
  return {
    name: name.join(': '),
    status: status.toLowerCase(),
    deliveryId: String(mail.headers.get('x-cronguard-delivery')),
    isTest: mail.text?.includes('This is a test.') ?? false,
    text: mail.text ?? '',
    structure: [...[...mail.headers.keys()].sort(), ...elementsOf(mail.html || '')],
  }
}

function elementsOf(html: string): string[] {
  const names: string[] = []
  const rewriter = new HTMLRewriter().on('*', {
    element: ({ tagName, attributes }) => void names.push(tagName, ...[...attributes].map(([name]) => name)),
  })
  rewriter.transform(html)
  return names
}
