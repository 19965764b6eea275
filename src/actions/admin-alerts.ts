// Alerts administrators of problems of the server, by email and at the admin alert URL. What that needs is kept in
// memory from the last time that the database could be read, because a full disk is one of the problems.
import { sendAccountMail } from '#channels/account-mail.ts'
import type { Deps } from '#deps.ts'
import type { User } from '#domain/account.ts'
import {
  isBeginDue,
  isEndDue,
  isForgotten,
  type SentAlert,
  SentAlerts,
  type Sighting,
  sightingOf,
} from '#domain/admin-alert.ts'
import type { AlertCause, FailingChannel } from '#domain/warnings.ts'
import { MINUTE, SECOND } from '#lib/duration.ts'
import { tryWrite } from '#lib/errors.ts'
import { codeOf } from '#lib/files.ts'
import { listUsers } from '#store/accounts.ts'
import { listProjectsOfUser } from '#store/projects.ts'
import { findSetting, saveSetting } from '#store/settings.ts'
import { type AdminAlert, adminAlertJson, adminAlertMail } from '#words/admin-alert.ts'
import type { Warning } from '#words/warnings.ts'
import { wasMailedFailure } from './failure-mails.ts'
import { findMailServer, type MailServer, openMailer } from './mail-server.ts'
import { mail } from './mailed-links.ts'
import { readChannelsWarning } from './warnings.ts'

const NAME = 'admin-alerts'
const RECIPIENTS_MAX = 50
const RETRY_MS = 5 * MINUTE
const URL_TIMEOUT_MS = 10 * SECOND

/** What one server knows about its alerts. */
export interface AdminAlerts {
  /** As of the last read of the database. */
  admins: User[]
  mailServer: MailServer | null
  /** By recipient and cause. */
  sent: Map<string, SentAlert>
  isStored: boolean
  sightings: Map<string, Sighting>
  /** When sending was last tried in vain, by the clock that only goes forward. */
  failedAt: Map<string, number>
  /** The messages that are being sent. */
  sending: Promise<void> | null
}

/** A problem, as one recipient sees it. */
interface Seen {
  cause: AlertCause
  warning: Warning
  /** Whether the recipient learns of it in another way. */
  isKnown: boolean
}

interface Recipient {
  id: string
  seen: Seen[]
  send(alert: AdminAlert): Promise<boolean>
}

export function openAdminAlerts(deps: Deps): AdminAlerts {
  // What another version stored may not be readable.
  const stored = SentAlerts.safeParse(JSON.parse(findSetting(deps.db, NAME) ?? '{}')).data ?? {}
  const alerts: AdminAlerts = {
    admins: [],
    mailServer: null,
    sent: new Map(Object.entries(stored)),
    isStored: true,
    sightings: new Map(),
    failedAt: new Map(),
    sending: null,
  }
  readRecipients(deps, alerts)
  return alerts
}

/** The current problems. `warnings`: null if they were not read. `storage`: null while the disk takes writes. */
export interface Problems {
  warnings: readonly Warning[] | null
  storage: Warning | null
}

/** Sends what is due, without waiting for it. */
export function alertAdmins(deps: Deps, alerts: AdminAlerts, problems: Problems): void {
  const recipients = recipientsOf(deps, alerts, problems)
  if (problems.warnings !== null) forgetOld(deps, alerts, recipients)
  const due = recipients.flatMap((recipient) => dueFor(deps, alerts, { recipient, problems }))
  if (!alerts.isStored) store(deps, alerts)
  if (due.length === 0 || alerts.sending !== null) return
  alerts.sending = Promise.all(due.map((one) => sendDue(deps, alerts, one)))
    .then(() => store(deps, alerts))
    .catch((error) => deps.log.error('Could not alert the administrators', { error }))
    .finally(() => {
      alerts.sending = null
    })
}

/** Remembers who is emailed, and how. Call it whenever the database can be read. */
export function readRecipients(deps: Deps, alerts: AdminAlerts): void {
  const admins = listUsers(deps.db).filter(({ isAdmin, mails }) => isAdmin && mails.warnings)
  alerts.admins = admins.slice(0, RECIPIENTS_MAX)
  alerts.mailServer = findMailServer(deps)
}

function recipientsOf(deps: Deps, alerts: AdminAlerts, problems: Problems): Recipient[] {
  const { adminAlertUrl: url } = deps.config
  const recipients: Recipient[] = []
  const shared = seenByAll(problems)
  // The channels are those of all projects, so their names are left out.
  if (url !== null) recipients.push({ id: 'url', seen: shared, send: (alert) => post(deps, { url, alert }) })
  if (alerts.mailServer === null) return recipients
  for (const user of alerts.admins) {
    const seen = shared.flatMap((one) => (one.cause === 'channels' ? channelsSeenBy(deps, user) : [one]))
    recipients.push({ id: user.id, seen, send: (alert) => sendMail(deps, alerts, { user, alert }) })
  }
  return recipients
}

// Once the disk refuses writes, it need not be said that it is almost full.
function seenByAll({ warnings, storage }: Problems): Seen[] {
  const all = [...(storage === null ? [] : [storage]), ...(warnings ?? [])]
  return all.flatMap(({ kind, text }) => {
    if (kind === 'silent') return []
    return [{ cause: kind, warning: { kind, text }, isKnown: kind === 'disk' && storage !== null }]
  })
}

// As on the pages: an administrator sees the channels of their own projects.
function channelsSeenBy(deps: Deps, user: User): Seen[] {
  const projectIds = new Set(listProjectsOfUser(deps.db, user.id).map(({ id }) => id))
  const isOwn = ({ projectId }: { projectId: string }): boolean => projectIds.has(projectId)
  const isNews = (channel: FailingChannel & { projectId: string }): boolean =>
    isOwn(channel) && !wasMailedFailure(deps, { user, channel })
  const [own, news] = [readChannelsWarning(deps, isOwn), readChannelsWarning(deps, isNews)]
  return own === null ? [] : [{ cause: 'channels', warning: news ?? own, isKnown: news === null }]
}

interface Due {
  recipient: Recipient
  key: string
  alert: AdminAlert
}

function dueFor(
  deps: Deps,
  alerts: AdminAlerts,
  { recipient, problems }: { recipient: Recipient; problems: Problems },
) {
  const begun = recipient.seen.flatMap((seen) => beginDue(deps, alerts, { recipient, seen }))
  return [...begun, ...endsDue(deps, alerts, { recipient, problems })].filter(({ key }) => {
    const failedAt = alerts.failedAt.get(key) ?? Number.NEGATIVE_INFINITY
    return deps.clock.elapsed() - failedAt >= RETRY_MS
  })
}

function beginDue(
  { clock }: Deps,
  alerts: AdminAlerts,
  { recipient, seen }: { recipient: Recipient; seen: Seen },
): Due[] {
  const { cause, warning, isKnown } = seen
  const now = clock.now()
  const key = `${recipient.id}:${cause}`
  const sighting = sightingOf(cause, { before: alerts.sightings.get(key) ?? null, now })
  alerts.sightings.set(key, sighting)
  if (isKnown || !isBeginDue(cause, { sighting, sent: alerts.sent.get(key) ?? null, now })) return []
  return [{ recipient, key, alert: { cause, since: sighting.since, endedAt: null, warning } }]
}

// What was not read has not ended.
function endsDue(
  { clock }: Deps,
  alerts: AdminAlerts,
  { recipient, problems: { warnings } }: { recipient: Recipient; problems: Problems },
): Due[] {
  const now = clock.now()
  return CAUSES.flatMap((cause) => {
    const key = `${recipient.id}:${cause}`
    const sent = alerts.sent.get(key)
    if (!sent?.isOpen || (cause !== 'storage' && warnings === null)) return []
    const { lastAt } = alerts.sightings.get(key) ?? { lastAt: now }
    // After a restart, the problem was last seen before it.
    if (!alerts.sightings.has(key)) alerts.sightings.set(key, { since: sent.since, lastAt: now })
    if (!isEndDue(cause, { lastAt, now })) return []
    return [{ recipient, key, alert: { cause, since: sent.since, endedAt: lastAt, warning: null } }]
  })
}

const CAUSES = ['storage', 'checker', 'outbox', 'channels', 'disk', 'backup'] as const satisfies readonly AlertCause[]

async function sendDue({ clock }: Deps, alerts: AdminAlerts, { recipient, key, alert }: Due): Promise<void> {
  if (!(await recipient.send(alert))) {
    alerts.failedAt.set(key, clock.elapsed())
    return
  }
  alerts.failedAt.delete(key)
  const { since, endedAt } = alert
  const sentAt = endedAt === null ? clock.now() : (alerts.sent.get(key)?.sentAt ?? clock.now())
  alerts.sent.set(key, { since, sentAt, isOpen: endedAt === null })
  alerts.isStored = false
}

// A full disk refuses this, too. It is stored once there is space.
function store({ db }: Deps, alerts: AdminAlerts): void {
  const value = JSON.stringify(Object.fromEntries(alerts.sent))
  alerts.isStored = tryWrite(() => db.write((tx) => saveSetting(tx, { name: NAME, value })))
}

function forgetOld({ clock }: Deps, alerts: AdminAlerts, recipients: Recipient[]): void {
  const now = clock.now()
  for (const [key, sent] of alerts.sent) {
    const isRecipient = recipients.some(({ id }) => key.startsWith(`${id}:`))
    if (!isForgotten(sent, { isRecipient, now })) continue
    alerts.sent.delete(key)
    alerts.isStored = false
  }
}

async function sendMail(
  deps: Deps,
  { mailServer }: AdminAlerts,
  { user, alert }: { user: User; alert: AdminAlert },
): Promise<boolean> {
  const { baseUrl } = deps.config
  const message = adminAlertMail(alert, { to: user.email, zone: user.timeZone, baseUrl })
  try {
    return await mail(deps, message)
  } catch (error) {
    if (!codeOf(error)?.startsWith('SQLITE_')) throw error
    // The settings can't be read now.
    const mailer = openMailer(mailServer, deps.log)
    const result = await sendAccountMail(mailer, { mail: message, baseUrl }).finally(() => mailer.close())
    return result.kind === 'sent'
  }
}

async function post({ config, outbound, log }: Deps, { url, alert }: { url: string; alert: AdminAlert }) {
  const result = await outbound.send({
    method: 'POST',
    url,
    headers: { 'Content-Type': 'application/json', 'User-Agent': 'CronGuard' },
    body: adminAlertJson(alert, config),
    timeoutMs: URL_TIMEOUT_MS,
    isSetByOperator: true,
  })
  if (result.kind === 'answer' && result.status >= 200 && result.status < 300) return true
  const problem = result.kind === 'answer' ? `Received status code ${result.status}` : result.detail
  // Only the host is logged, because the path and the query may contain a token.
  log.warn('Could not call the admin alert URL; retrying every 5 minutes', { host: new URL(url).host, problem })
  return false
}
