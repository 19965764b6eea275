import type { z } from 'zod'
import type { SettingsInput } from '#domain/channel.ts'
import type { Outcome } from '#domain/delivery.ts'
import type { Notification } from '#domain/notification.ts'
import { throwProblems } from '#lib/fields.ts'
import type { Mailer } from '#lib/mail.ts'
import type { NetworkFailure } from '#lib/network.ts'
import type { BlockedTarget, Outbound } from '#lib/outbound.ts'

/** One notification on its way, with what the message may need besides. */
export interface Message {
  notification: Notification
  /** The same for every attempt: the receiver may get a message twice and can tell by this. */
  deliveryId: string
  /** Where this CronGuard's pages are. */
  baseUrl: string
  /** The time zone in which moments are told to people. */
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

/** One kind of channel. Callers parse the settings with its schema first. */
export interface ChannelKind<Settings = unknown> {
  kind: string
  label: string
  /** One sentence that helps to choose a kind. */
  offer: string
  /** Whether it cannot send anything without a mail server. */
  needsMailServer: boolean
  fields: ChannelField[]
  settings: z.ZodType<Settings>
  /** The settings in a few words, without secrets. */
  summary(settings: Settings): string
  /** The email address of its one reader, if the settings name one. */
  reader?(settings: Settings): string
  /** Never throws for what the receiver does. That is an outcome. */
  send(settings: Settings, message: Message, transports: Transports): Promise<Outcome>
}

/**
 * The stored settings (an empty object for a new channel) with a person's changes. A field that is not given stays, and
 * so does a secret that was left empty, unless it is to be removed. Throws `invalid` if a stored secret would go to
 * another server. The kind's schema says whether the result is valid.
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
  if (leadsElsewhere({ fields, stored, settings })) {
    const kept = fields.filter(({ name, type }) => type === 'secret' && !given[name] && settings[name])
    throwProblems(Object.fromEntries(kept.map(({ name, label }) => [name, retypeProblem(label)])))
  }
  return settings
}

function retypeProblem(label: string): string {
  return `The URL points to another server. Enter the ${label.toLowerCase()} again to send it there.`
}

interface Change {
  fields: readonly ChannelField[]
  stored: Readonly<Record<string, unknown>>
  settings: Readonly<Record<string, unknown>>
}

function leadsElsewhere({ fields, stored, settings }: Change): boolean {
  return fields.some(({ name, type }) => {
    const origin = type === 'url' ? originOf(settings[name]) : null
    return origin !== null && origin !== originOf(stored[name])
  })
}

// What nobody can call leads nowhere.
function originOf(url: unknown): string | null {
  return typeof url === 'string' && /^https?:/i.test(url) && URL.canParse(url) ? new URL(url).origin : null
}

export function networkOutcome({ reason, detail }: NetworkFailure): Outcome {
  return { result: 'failed', reason, detail, isPermanent: false }
}

// An address stays what it is. A name may lead elsewhere soon, and a slip of the name system must not cost an alert.
export function blockedOutcome({ detail, isFinal }: BlockedTarget): Outcome {
  return { result: 'failed', reason: 'blocked', detail, isPermanent: isFinal }
}
