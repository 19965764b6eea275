import type { z } from 'zod'
import type { ChannelField, KIND_GROUPS, SettingsInput } from '#domain/channel.ts'
import type { Outcome } from '#domain/delivery.ts'
import type { Notification } from '#domain/notification.ts'
import type { RateLimit } from '#domain/rate-limit.ts'
import { throwProblems } from '#lib/fields.ts'
import type { Mailer } from '#lib/mail.ts'
import type { NetworkFailure } from '#lib/network.ts'
import type { BlockedTarget, Outbound } from '#lib/outbound.ts'
import type { PushKeys } from '#lib/push-keys.ts'
import type { MessageFacts } from '#words/message.ts'

/** A notification to send. `contentOf` in `words/message.ts` turns it into text. */
export interface Message extends MessageFacts {
  /** The check as the management API shows it, with its ping URL. Null if the message is about no monitor. */
  check(): Readonly<Record<string, unknown>> | null
  /** The same for every attempt, so that a receiver can recognize a notification that arrives twice. */
  deliveryId: string
  /** The keys of the incidents that end with a message about several notifications. */
  ended?: readonly string[]
  thread: {
    /** The same for all notifications about one incident. */
    key: string
    /** What the first delivery about the incident through this channel returned as `Outcome.receipt`. */
    receipt: string | null
  }
}

export interface Transports {
  outbound: Outbound
  mailer: Mailer
  /** The keys that identify this server to the push services of browsers. Only web push needs them. */
  pushKeys?(): PushKeys
  /** Host names of push services that the owner of the server allows, in addition to the known ones. */
  pushServices?: readonly string[]
  /** The folder of programs that channels may run. Null or absent if they may run none. */
  programs?: string | null
}

/** What settings are checked against when they are saved. */
export interface SavingRules extends Pick<Transports, 'pushServices'> {
  samples: readonly Message[]
}

/** A kind of channel. Callers parse the settings with its schema first. */
export interface ChannelKind<Settings = unknown> {
  kind: string
  label: string
  group: (typeof KIND_GROUPS)[number]
  /** One sentence that helps users choose a kind. */
  offer: string
  /** The anchor of its section in the documentation of channels. Null if it needs none. */
  guide: string | null
  /** Whether it needs a mail server to send anything. */
  needsMailServer: boolean
  fields: ChannelField[]
  settings: z.ZodType<Settings>
  /** A short summary of the settings, without secrets. */
  summary(settings: Settings): string
  /** The email address of its only recipient, if the settings contain one. */
  recipient?(settings: Settings): string
  /** Whether the service keeps an entry for each incident, so that its messages can't be combined with others. */
  isPerIncident?: true
  /** Whether programs read its messages, so that each has to be about one notification. */
  isForPrograms?: true
  /** How many messages the destination accepts. The rest waits and is combined into one message. */
  limits?(settings: Settings): readonly RateLimit[]
  /** Why the settings let nothing be sent for a notification. Null if they do. */
  skips?(settings: Settings, notification: Notification): string | null
  /** Whether it runs programs on this server. Only administrators of the server may manage and see such channels. */
  runsPrograms?: true
  /** Whether people read its messages as text, like those of chats. */
  isText?: true
  /** Settings to start from. */
  presets?: readonly { label: string; settings: Readonly<Record<string, string>> }[]
  /** Problems that depend on a message or on the server, by field. They prevent saving. */
  problems?(settings: Settings, rules: SavingRules): Record<string, string>
  /**
   * What is sent, as text, for kinds that don't show the content of a message as it is. `problem`: what is wrong with a
   * template, as a sentence.
   */
  preview?(settings: Settings, message: Message): { text: string; problem: string | null }
  /** Whether a browser that shows the form fills in the secrets by subscribing to push notifications. */
  isSubscribedInBrowser?: true
  /** Finds the value of a setting that people can't know, such as the ID of a chat. */
  setup?: ChannelSetup
  /** The IDs of the channels that get its notifications in its place, so that nothing is sent through it. */
  members?(settings: Settings): readonly string[]
  /** Errors of the receiver are an outcome. They never throw. */
  send(settings: Settings, message: Message, transports: Transports): Promise<Outcome>
}

export interface ChannelSetup {
  /** The setting that it finds. */
  field: string
  /** The label of the button. */
  label: string
  /** What people have to do before. */
  help: string
  /** Gets the settings as typed so far, or as stored. */
  find(settings: Readonly<Record<string, unknown>>, transports: Transports): Promise<SetupResult>
}

export type SetupResult =
  | { kind: 'found'; choices: readonly { value: string; label: string }[] }
  | { kind: 'problem'; text: string }

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
  const values = fields.map(({ name, type, isRequired, concealing }) => {
    if (given[name] === undefined && !removed.includes(name)) return [name, stored[name]]
    const typed = KEPT_AS_TYPED.includes(type) ? (given[name] ?? '') : (given[name] ?? '').trim()
    if (typed !== '') return [name, concealing?.reveal(typed, String(stored[name] ?? '')) ?? typed]
    const isKept = type === 'secret' && !(removed.includes(name) && !isRequired)
    return [name, isKept ? stored[name] : isRequired ? '' : undefined]
  })
  const settings = Object.fromEntries(values.filter(([, value]) => value !== undefined))
  if (changesServer({ fields, stored, settings })) {
    const kept = fields.filter((field) => settings[field.name] && keepsSecret(field, given[field.name]))
    throwProblems(Object.fromEntries(kept.map(({ name, label }) => [name, reenterMessage(label)])))
  }
  return settings
}

function keepsSecret({ type, concealing }: ChannelField, given: string | undefined): boolean {
  if (concealing) return given === undefined || concealing.isConcealed(given)
  return type === 'secret' && !given
}

const KEPT_AS_TYPED: readonly ChannelField['type'][] = ['secret', 'lines']

function reenterMessage(label: string): string {
  return `The new URL points to a different server. Enter “${label}” again to use it there.`
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
  if (typeof url !== 'string' || !/^(https?|mqtts?):/i.test(url) || !URL.canParse(url)) return null
  const { protocol, host } = new URL(url)
  return `${protocol}//${host}`
}

export function networkOutcome({ reason, detail }: NetworkFailure): Outcome {
  return { result: 'failed', reason, detail, isPermanent: false }
}

// A blocked IP address is final. A host name may resolve to another address soon, and an error of DNS must not lose an
// alert.
export function blockedOutcome({ detail, isFinal }: BlockedTarget): Outcome {
  return { result: 'failed', reason: 'blocked', detail, isPermanent: isFinal }
}
