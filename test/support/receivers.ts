import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

export interface Received {
  path: string
  headers: Record<string, string>
  body: string
}

/** A real HTTP server on loopback that keeps all requests. */
export function startHttpReceiver() {
  const received: Received[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      received.push({
        path: new URL(request.url).pathname,
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      })
      return new Response('thank you')
    },
  })
  return { url: `http://127.0.0.1:${server.port}`, received, stop: () => server.stop(true) }
}

/** A real SMTP server on loopback that keeps all mails. With `credentials` it accepts only these. */
export async function startSmtpReceiver(credentials: { username: string; password: string } | null = null) {
  const mails: ParsedMail[] = []
  const server = new SMTPServer({
    authOptional: credentials === null,
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) => {
      if (username === credentials?.username && password === credentials?.password) done(null, { user: username })
      else done(new Error('Wrong user name or password'))
    },
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      simpleParser(stream).then(
        (mail) => {
          mails.push(mail)
          done()
        },
        (error) => done(error),
      )
    },
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.on('error', reject)
    const listener = server.listen(0, '127.0.0.1', () => {
      const address = listener.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  return { port, mails, stop: () => new Promise<void>((resolve) => server.close(() => resolve())) }
}
