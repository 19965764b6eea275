import type { z } from 'zod'
import type { SettingsInput } from '#domain/channel.ts'
import type { Outcome } from '#domain/delivery.ts'
import type { Notification } from '#domain/notification.ts'
import { throwProblems } from '#lib/fields.ts'
import type { Mailer } from '#lib/mail.ts'
import type { NetworkFailure } from '#lib/network.ts'
import type { BlockedTarget, Outbound } from '#lib/outbound.ts'

/** A notification to send, with the values that its text needs. */
export interface Message {
  notification: Notification
  /** The same for every attempt, so that a receiver can recognize a notification that arrives twice. */
  deliveryId: string
  /** The base URL for links to pages. */
  baseUrl: string
  /** The time zone for times in the text. */
  zone: string
}

export interface Transports {
  outbound: Outbound
  mailer: Mailer
}

export interface ChannelField {
  name: string
  label: string
  help: string
  type: 'address' | 'url' | 'secret'
  isRequired: boolean
}

/** A kind of channel. Callers parse the settings with its schema first. */
export interface ChannelKind<Settings = unknown> {
  kind: string
  label: string
  /** One sentence that helps users choose a kind. */
  offer: string
  /** Whether it needs a mail server to send anything. */
  needsMailServer: boolean
  fields: ChannelField[]
  settings: z.ZodType<Settings>
  /** A short summary of the settings, without secrets. */
  summary(settings: Settings): string
  /** The email address of its only recipient, if the settings contain one. */
  reader?(settings: Settings): string
  /** Errors of the receiver are an outcome. They never throw. */
  send(settings: Settings, message: Message, transports: Transports): Promise<Outcome>
}

/**
 * Applies a user's changes to the stored settings, which are an empty object for a new channel. Missing fields and
 * empty secrets keep their stored values, unless the user removes a secret. Throws `invalid` if a stored secret would
 * be sent to another server. The kind's schema validates the result.
 */
export function changedSettings(
  { fields }: Pick<ChannelKind, 'fields'>,
  stored: Readonly<Record<string, unknown>>,
  { given, removed }: SettingsInput,
): Record<string, unknown> {
  const values = fields.map(({ name, type, isRequired }) => {
    if (given[name] === undefined && !removed.includes(name)) return [name, stored[name]]
    const typed = type === 'secret' ? (given[name] ?? '') : (given[name] ?? '').trim()
    if (typed !== '') return [name, typed]
    const isKept = type === 'secret' && !(removed.includes(name) && !isRequired)
    return [name, isKept ? stored[name] : isRequired ? '' : undefined]
  })
  const settings = Object.fromEntries(values.filter(([, value]) => value !== undefined))
  if (changesServer({ fields, stored, settings })) {
    const kept = fields.filter(({ name, type }) => type === 'secret' && !given[name] && settings[name])
    throwProblems(Object.fromEntries(kept.map(({ name, label }) => [name, reenterMessage(label)])))
  }
  return settings
}

function reenterMessage(label: string): string {
  return `The new URL points to a different server. Enter the ${label.toLowerCase()} again to use it there.`
}

interface Change {
  fields: readonly ChannelField[]
  stored: Readonly<Record<string, unknown>>
  settings: Readonly<Record<string, unknown>>
}

function changesServer({ fields, stored, settings }: Change): boolean {
  return fields.some(({ name, type }) => {
    const origin = type === 'url' ? originOf(settings[name]) : null
    return origin !== null && origin !== originOf(stored[name])
  })
}

// A URL that can't be requested has no origin.
function originOf(url: unknown): string | null {
  return typeof url === 'string' && /^https?:/i.test(url) && URL.canParse(url) ? new URL(url).origin : null
}

export function networkOutcome({ reason, detail }: NetworkFailure): Outcome {
  return { result: 'failed', reason, detail, isPermanent: false }
}

// A blocked IP address is final. A host name may resolve to another address soon, and an error of DNS must not lose an
// alert.
export function blockedOutcome({ detail, isFinal }: BlockedTarget): Outcome {
  return { result: 'failed', reason: 'blocked', detail, isPermanent: isFinal }
}
