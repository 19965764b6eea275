// Pings by email, as in Healthchecks: the address names the monitor, and the email is stored as the body.
import { keepReadMail } from '#actions/bodies.ts'
import { findWatchedByUuid, type PingRef, recordPing } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import { cutBody, isCut, PLAIN } from '#domain/body.ts'
import { GIVEN_KEY_MIN, GIVEN_PING_KEY_MAX } from '#domain/keys.ts'
import { SLUG_MAX } from '#domain/monitor.ts'
import { type PingRules, USER_AGENT_MAX } from '#domain/ping.ts'
import { mailOf } from '#http/mails.ts'
import { AppError } from '#lib/errors.ts'
import { withoutInvisible } from '#lib/invisible.ts'
import { listPingKeysBySlug } from '#store/monitors.ts'
import { findProjectByPingKey, listProjectsByPingKeyInAnyCase } from '#store/projects.ts'
import { keptMailOf, rawMailText, wordsOf } from './mail-text.ts'
import { readMail } from './reading.ts'
import { UUID } from './report.ts'

/** The SMTP error for a refused recipient. */
export type RecipientProblem = 'Recipient rejected' | 'Invalid mailbox'

export type MailAddress = { pingKey: string } | { projectPingKey: string; slug: string; mayCreate: false }

const BY_UUID = new RegExp(`^${UUID}$`)
/** Healthchecks accepts only UUIDs of version 4. */
const VERSION_4 = /^.{14}4.{4}[89ab]/i
// Some mail servers convert addresses to capital letters. Slugs have none.
const BY_SLUG = new RegExp(`^([A-Za-z0-9_-]{${GIVEN_KEY_MIN},${GIVEN_PING_KEY_MAX}})\\+([A-Za-z0-9_-]{1,${SLUG_MAX}})$`)

interface MailDomain {
  /** The domain as in DNS, in lower case. */
  domain: string
  /** Whether a monitor has this UUID. */
  isInUse(uuid: string): boolean
}

/** The domain that receives pings by email. */
export function mailDomainOf({ config, db }: Deps): MailDomain {
  return { domain: config.pingMail?.domain ?? '', isInUse: (uuid) => findWatchedByUuid(db, uuid) !== null }
}

/** The monitor that a recipient names. */
export function readRecipient(recipient: string, { domain, isInUse }: MailDomain): MailAddress | RecipientProblem {
  const at = recipient.lastIndexOf('@')
  if (at === -1 || toDnsName(recipient.slice(at + 1)) !== domain) return 'Recipient rejected'
  const mailbox = recipient.slice(0, at)
  if (BY_UUID.test(mailbox)) {
    const pingKey = mailbox.toLowerCase()
    return VERSION_4.test(pingKey) || isInUse(pingKey) ? { pingKey } : 'Invalid mailbox'
  }
  const [, projectPingKey, slug] = BY_SLUG.exec(mailbox) ?? []
  if (projectPingKey === undefined || slug === undefined) return 'Invalid mailbox'
  return { projectPingKey, slug: slug.toLowerCase(), mayCreate: false }
}

// Mail servers may send an internationalized domain in Unicode. DNS has it in Punycode.
function toDnsName(domain: string): string | null {
  const url = `http://${domain}`
  return /^[\p{L}\p{M}\p{N}.-]+$/u.test(domain) && URL.canParse(url) ? new URL(url).hostname : null
}

export interface ReceivedMail {
  /** Empty for a bounce. */
  sender: string
  addresses: readonly MailAddress[]
  remoteAddress: string | null
  raw: Uint8Array
}

/** Records a ping for each address of a monitor. Rejects with `StorageRefusedError`; the sender then tries again. */
export async function recordMail(deps: Deps, { sender, addresses, remoteAddress, raw }: ReceivedMail): Promise<void> {
  const known = addresses.map((address) => withStoredCase(deps, address))
  const body = cutBody(raw, deps.config.pingBodyLimit)
  // An email that is cut can't be parsed later, so it is parsed now.
  const isRead = isCut(body) || known.some((address) => searchesKeywords(deps, address))
  const read = isRead ? await readMail(raw) : null
  const mail = read === null ? rawMailText(raw) : wordsOf(read)
  const userAgent = withoutInvisible(`Email from ${sender}`).slice(0, USER_AGENT_MAX)
  const reading = isRead ? { ...PLAIN, mail: keptMailOf(read) } : PLAIN
  const recorded = known.map((address) =>
    recordPing(deps, {
      address,
      signal: 'success',
      exitStatus: null,
      runId: null,
      origin: { scheme: 'email', method: '', remoteAddress, userAgent },
      body,
      reading,
      mail,
      rules: anyMethod,
    }).catch(ignoreUnknown),
  )
  const pings = (await Promise.all(recorded)).filter((ping) => ping !== null)
  // The sender doesn't wait until the text for the pages is extracted.
  if (!isRead) void storeReadableMail(deps, pings)
}

async function storeReadableMail(deps: Deps, [first, ...others]: PingRef[]): Promise<void> {
  if (first === undefined || readingCount >= READING_MAX) return
  readingCount += 1
  try {
    const mail = await mailOf(deps, { scheme: 'email', ...first })
    if (mail) for (const { monitorId, number } of others) await keepReadMail(deps, { monitorId, number, mail })
  } catch (error) {
    // The page of the ping parses the email again.
    deps.log.debug('Could not store the text of an email', { error })
  } finally {
    readingCount -= 1
  }
}

/** If more emails arrive at once, the rest is parsed when a user first views it. */
const READING_MAX = 20
let readingCount = 0

// Older ping keys have capital letters. Mail servers may change the case, so an unknown key is searched in any case.
function withStoredCase({ db }: Deps, address: MailAddress): MailAddress {
  if ('pingKey' in address || findProjectByPingKey(db, address.projectPingKey) !== null) return address
  const [project, another] = listProjectsByPingKeyInAnyCase(db, address.projectPingKey)
  return project && !another ? { ...address, projectPingKey: project.pingKey } : address
}

// Parsing is expensive, so an email is parsed immediately only for monitors that search for keywords.
function searchesKeywords({ db }: Deps, address: MailAddress): boolean {
  const pingKeys = 'pingKey' in address ? [address.pingKey] : listPingKeysBySlug(db, address)
  return pingKeys.some((pingKey) => {
    const filter = findWatchedByUuid(db, pingKey)?.filter
    return filter !== undefined && (filter.subject || filter.body)
  })
}

// An email has no HTTP method, so `postOnly` doesn't apply.
function anyMethod(rules: PingRules): PingRules {
  return { ...rules, postOnly: false }
}

// Senders can't find out whether an address has a monitor.
function ignoreUnknown(error: unknown): null {
  if (!(error instanceof AppError)) throw error
  return null
}
