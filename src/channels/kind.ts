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

/** What CronGuard knows of one sort of channel. Whoever calls it has read the settings with its schema. */
export interface ChannelKind<Settings = unknown> {
  kind: string
  label: string
  /** One sentence for whoever chooses among the kinds. */
  offer: string
  /** Whether its messages go nowhere while no mail server is configured. */
  needsMailServer: boolean
  fields: ChannelField[]
  settings: z.ZodType<Settings>
  /** The settings in a few words that hold no secret. */
  summary(settings: Settings): string
  /** The mail address of the one person who reads its messages, when the settings name one. */
  reader?(settings: Settings): string
  /** Never throws for what the other side does: that is an outcome. */
  send(settings: Settings, message: Message, transports: Transports): Promise<Outcome>
}

/**
 * What a person makes of the settings that are stored (an empty object for a new channel). What is not given stays, and
 * so does a secret that was left empty, unless it is to be removed. Throws invalid where a secret would come to another
 * server than it was meant for. The kind's schema says whether the result is usable.
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
  return `The address leads to another server now, which must not get the stored ${label.toLowerCase()}. Type it again.`
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
