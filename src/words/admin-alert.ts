// What administrators are sent when a problem of the server begins, and when it is resolved.
import type { AlertCause } from '#domain/warnings.ts'
import { durationInWords } from '#lib/duration.ts'
import { fullMomentInZone } from '#lib/zone.ts'
import type { AccountMail } from './account-mail.ts'
import type { Warning } from './warnings.ts'

/** A message about one problem. `endedAt`: null while it lasts. */
export interface AdminAlert {
  cause: AlertCause
  since: number
  endedAt: number | null
  /** Whole sentences, and the channels that they are about. */
  warning: Pick<Warning, 'text' | 'channels'> | null
}

const TITLES: Record<AlertCause, string> = {
  storage: "CronGuard can't record pings",
  checker: 'Deadline checks are late',
  outbox: 'Notifications are not being sent',
  channels: 'Channels are failing',
  disk: 'The disk is almost full',
  backup: 'No recent backup',
}

const LIMIT = 'You get at most one email about this problem in 24 hours, and one when it is resolved.'

/** How the mail of one recipient is addressed. */
interface Addressed {
  to: string
  zone: string
  baseUrl: string
}

export function adminAlertMail(alert: AdminAlert, { to, zone, baseUrl }: Addressed): AccountMail {
  const names = alert.warning?.channels?.map(({ name }) => `“${name}”`) ?? []
  return {
    to,
    subject: titleOf(alert),
    paragraphs: [
      textOf(alert),
      ...(names.length === 0 ? [] : [`Channels: ${names.join(', ')}`]),
      `Began: ${fullMomentInZone(alert.since, zone)}`,
      ...(alert.endedAt === null ? [LIMIT] : [`Resolved: ${fullMomentInZone(alert.endedAt, zone)}`]),
      `To stop emails about server problems, change your email preferences: ${baseUrl}/settings`,
    ],
    link: { label: 'Open CronGuard', url: `${baseUrl}/` },
  }
}

/** For programs. `text` is a whole message, as chat services expect it. */
export function adminAlertJson(alert: AdminAlert, { baseUrl }: { baseUrl: string }): string {
  return JSON.stringify({
    event: alert.endedAt === null ? 'begin' : 'end',
    problem: alert.cause,
    title: titleOf(alert),
    text: `${alert.endedAt === null ? '' : `${titleOf(alert)}. `}${textOf(alert)} (${baseUrl})`,
    server: baseUrl,
    began_at: new Date(alert.since).toISOString(),
    ended_at: alert.endedAt === null ? null : new Date(alert.endedAt).toISOString(),
  })
}

function titleOf({ cause, endedAt }: AdminAlert): string {
  return endedAt === null ? TITLES[cause] : `Resolved: ${TITLES[cause]}`
}

function textOf({ cause, since, endedAt, warning }: AdminAlert): string {
  if (endedAt === null) return warning?.text ?? TITLES[cause]
  const lasted = durationInWords(Math.max(endedAt - since, 0))
  return cause === 'storage'
    ? `CronGuard records pings again. It could not for ${lasted}, and has extended the affected deadlines.`
    : `The problem lasted ${lasted}.`
}
