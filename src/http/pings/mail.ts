// Pings by mail, as Healthchecks takes them: the address says which monitor, and the mail itself is kept as the body.
import { type PingAddress, recordPing } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import { type PingRules, USER_AGENT_MAX } from '#domain/ping.ts'
import { AppError } from '#lib/errors.ts'
import { readMailText } from './mail-text.ts'
import { UUID } from './report.ts'

/** What a mail server answers to a recipient that it does not take. */
export type RecipientProblem = 'Recipient rejected' | 'Invalid mailbox'

const BY_PING_KEY = new RegExp(`^(${UUID})$`)
const BY_SLUG = /^([A-Za-z0-9_-]{22})\+([a-z0-9_-]{1,100})$/

/** Which monitor a recipient names. */
export function readRecipient(recipient: string, domain: string): PingAddress | RecipientProblem {
  const at = recipient.lastIndexOf('@')
  if (at === -1 || recipient.slice(at + 1).toLowerCase() !== domain) return 'Recipient rejected'
  const mailbox = recipient.slice(0, at)
  const [, pingKey] = BY_PING_KEY.exec(mailbox) ?? []
  if (pingKey !== undefined) return { pingKey: pingKey.toLowerCase() }
  const [, projectPingKey, slug] = BY_SLUG.exec(mailbox) ?? []
  if (projectPingKey === undefined || slug === undefined) return 'Invalid mailbox'
  return { projectPingKey, slug, mayCreate: false }
}

export interface ReceivedMail {
  sender: string
  addresses: readonly PingAddress[]
  remoteAddress: string | null
  raw: Uint8Array
}

/** One ping for each address that means a monitor. Rejects with `StorageRefusedError`: then the sender tries again. */
export async function recordMail(deps: Deps, { sender, addresses, remoteAddress, raw }: ReceivedMail): Promise<void> {
  const mail = await readMailText(raw)
  const userAgent = `Email from ${sender}`.slice(0, USER_AGENT_MAX)
  const pings = addresses.map((address) =>
    recordPing(deps, {
      address,
      signal: 'success',
      exitStatus: null,
      runId: null,
      origin: { scheme: 'email', method: '', remoteAddress, userAgent },
      body: raw,
      mail,
      rules: anyMethod,
    }).catch(passOverUnknown),
  )
  await Promise.all(pings)
}

// A mail has no method.
function anyMethod(rules: PingRules): PingRules {
  return { ...rules, postOnly: false }
}

// Who mails to an address at which there is no monitor learns nothing about it.
function passOverUnknown(error: unknown): void {
  if (!(error instanceof AppError)) throw error
}
