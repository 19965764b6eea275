// Sends a test email through the current mail server and records the dialogue.
import { sendAccountMail } from '#channels/account-mail.ts'
import type { Deps } from '#deps.ts'
import { SECOND } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { createRecordingMailer, type MailResult } from '#lib/mail.ts'
import type { Dialogue } from '#lib/mail-dialogue.ts'
import { mailServerTestMail } from '#words/account-mail.ts'
import { mailTestAdvice } from '#words/mail-test.ts'
import { findMailServer, type MailServer, mailServerProblemOf } from './mail-server.ts'
import { readEmail } from './registration.ts'

/** The limit is short, because a person waits for the test. */
const TEST_MAX_MS = 15 * SECOND

export interface MailTest extends Dialogue {
  to: string
  isSent: boolean
  /** The server's reply, or what went wrong. */
  detail: string
  /** What to do. Null if the test was sent. */
  advice: string | null
}

/** The servers with a running test, by their database. */
const testing = new Set<Deps['db']>()

/**
 * Sends one email now. Throws invalid for a wrong address, conflict without a mail server, and too_many while another
 * test is running.
 */
export async function testMailServer(deps: Deps, input: { to: string }): Promise<MailTest> {
  const to = readEmail(input.to)
  const server = findMailServer(deps)
  if (server === null) throw new AppError('conflict', 'No mail server is configured. Save its settings first.')
  const problem = mailServerProblemOf(server)
  if (problem !== null) return { to, isSent: false, detail: problem, advice: null, lines: [], isCut: false }
  if (testing.has(deps.db)) throw new AppError('too_many', 'A test is still running. Wait for it to finish.')
  testing.add(deps.db)
  try {
    return await sendTest(deps, { to, server })
  } finally {
    testing.delete(deps.db)
  }
}

async function sendTest({ config, log }: Deps, { to, server }: { to: string; server: MailServer }): Promise<MailTest> {
  const { baseUrl } = config
  const mailer = createRecordingMailer(server, TEST_MAX_MS)
  try {
    const mail = mailServerTestMail({ to, url: `${baseUrl}/instance`, host: server.host })
    const result = await sendAccountMail(mailer, { mail, baseUrl })
    log.info('Mail server tested', { host: server.host, port: server.port, result: result.kind })
    return { to, ...outcomeOf(result, server), ...mailer.dialogue() }
  } finally {
    mailer.close()
  }
}

function outcomeOf(result: MailResult, server: MailServer) {
  if (result.kind !== 'failure') {
    return { isSent: true, detail: result.kind === 'sent' ? result.detail : '', advice: null }
  }
  return { isSent: false, detail: result.detail, advice: mailTestAdvice({ failure: result, server }) }
}
