import type { Channel, ChannelField } from '#domain/channel.ts'
import { DETAIL_MAX, type Outcome } from '#domain/delivery.ts'
import type { Issue } from '#domain/issue.ts'
import type { Notification } from '#domain/notification.ts'
import { MASK } from '#domain/secrets.ts'
import { asSentence } from '#lib/sentence.ts'
import { contentOf, type MessageContent } from '#words/message.ts'
import { issueInWords } from '#words/problems.ts'
import { apprise } from './apprise.ts'
import { discord } from './discord.ts'
import { email } from './email.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { gitlabAlert } from './gitlab-alert.ts'
import { googleChat } from './google-chat.ts'
import { gotify } from './gotify.ts'
import { group } from './group.ts'
import { homeAssistant } from './home-assistant.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { line } from './line.ts'
import { matrix } from './matrix.ts'
import { mattermost } from './mattermost.ts'
import { mqtt } from './mqtt.ts'
import { ntfy } from './ntfy.ts'
import { opsgenie } from './opsgenie.ts'
import { pagerduty } from './pagerduty.ts'
import { pagertree } from './pagertree.ts'
import { pushbullet } from './pushbullet.ts'
import { pushover } from './pushover.ts'
import { rocketchat } from './rocketchat.ts'
import { withWording, wordingOf } from './shared/wording.ts'
import { shell } from './shell.ts'
import { signalRest } from './signal-rest.ts'
import { signalRpc } from './signal-rpc.ts'
import { slack } from './slack.ts'
import { slackBot } from './slack-bot.ts'
import { splunkOnCall } from './splunk-oncall.ts'
import { teams } from './teams.ts'
import { telegram } from './telegram.ts'
import { trello } from './trello.ts'
import { twilioSms } from './twilio-sms.ts'
import { twilioVoice } from './twilio-voice.ts'
import { twilioWhatsapp } from './twilio-whatsapp.ts'
import { webPush } from './web-push.ts'
import { webhook } from './webhook.ts'
import { zulip } from './zulip.ts'

/** In the order of the form. */
const KINDS: readonly ChannelKind[] = [
  email,
  webhook,
  slack,
  slackBot,
  discord,
  telegram,
  mattermost,
  rocketchat,
  teams,
  googleChat,
  matrix,
  zulip,
  ntfy,
  webPush,
  pushover,
  gotify,
  pushbullet,
  pagerduty,
  opsgenie,
  splunkOnCall,
  pagertree,
  gitlabAlert,
  twilioSms,
  twilioVoice,
  twilioWhatsapp,
  signalRest,
  signalRpc,
  line,
  github,
  gitlab,
  trello,
  homeAssistant,
  mqtt,
  apprise,
  shell,
  group,
]

/** All kinds of channels, in the order of the form. */
export const CHANNEL_KINDS: readonly ChannelKind[] = KINDS.map(withWording)

export function findKind(kind: string): ChannelKind | null {
  return CHANNEL_KINDS.find((candidate) => candidate.kind === kind) ?? null
}

/** Whether a message through a kind can be about several notifications. */
export function canCombine(kind: string): boolean {
  const found = findKind(kind)
  return found !== null && !found.isPerIncident && !found.isForPrograms
}

/** A short summary of a channel's settings, without secrets. */
export function summaryOf({ kind: name, settings }: Pick<Channel, 'kind' | 'settings'>): string {
  const kind = findKind(name)
  const read = kind?.settings.safeParse(settings)
  return kind && read?.success ? kind.summary(read.data) : 'Invalid settings'
}

/** Sends a message. The outcome's detail never contains a secret of the settings, even if the service repeats it. */
export async function sendThrough(
  { kind, settings }: { kind: ChannelKind; settings: unknown },
  message: Message,
  transports: Transports,
): Promise<Outcome> {
  const skipped = kind.skips?.(settings, message.notification)
  if (skipped) return { result: 'logged', detail: skipped }
  // A user's template is about one monitor.
  const { wording, problem = null } = message.summarized ? {} : wordingOf(settings, message)
  const outcome = await kind.send(settings, { ...message, ...(wording && { wording }) }, transports)
  const detail = withoutSecrets(outcome.detail, { kind, settings })
  const note = problem === null ? '' : `. CronGuard's own text was sent, because a template failed: ${problem}`
  return { ...outcome, detail: (detail + note).slice(0, DETAIL_MAX) }
}

/** Why a channel's settings let nothing be sent for a notification. Null if they do. */
export function skipReasonOf(channel: Pick<Channel, 'kind' | 'settings'>, notification: Notification): string | null {
  const kind = findKind(channel.kind)
  const read = kind?.skips && kind.settings.safeParse(channel.settings)
  return read?.success ? (kind?.skips?.(read.data, notification) ?? null) : null
}

/**
 * What a message says through a kind: its own text, or else its content. Neither contains a secret setting. `problem`:
 * a setting or a template that has to be corrected first.
 */
export type Preview =
  | { text: string; problem: string | null }
  | { content: MessageContent; problem: string | null }
  | { problem: string }

export function previewThrough(
  { kind, settings }: { kind: ChannelKind; settings: Readonly<Record<string, unknown>> },
  message: Message,
): Preview {
  if (kind.preview === undefined) {
    const { wording, problem } = wordingOf(settings, message)
    const note = problem && `CronGuard's own text is sent, because a template failed: ${asSentence(problem)}`
    return { content: contentOf({ ...message, wording }), problem: note }
  }
  const read = kind.settings.safeParse(withExampleUrls(kind, settings))
  if (!read.success) return { problem: problemIn(kind, read.error.issues) }
  const { text, problem } = kind.preview(read.data, message)
  return { text: withoutSecrets(text, { kind, settings }), problem }
}

// So that the preview of a new channel shows what is sent before its URL is entered.
function withExampleUrls({ fields }: ChannelKind, settings: Readonly<Record<string, unknown>>) {
  const missing = fields.filter(({ name, type, isRequired }) => type === 'url' && isRequired && !settings[name])
  return { ...settings, ...Object.fromEntries(missing.map(({ name }) => [name, EXAMPLE_URL])) }
}

const EXAMPLE_URL = 'https://example.com/'

function problemIn({ fields }: ChannelKind, [issue]: readonly Issue[]): string {
  const field = fields.find(({ name }) => name === issue?.path[0])
  const place = [field?.section, field?.label].filter((part) => part !== undefined).join(', ')
  return `${place}: ${issue ? issueInWords(issue) : 'Correct the settings to see a preview.'}`
}

function withoutSecrets(text: string, { kind, settings }: { kind: ChannelKind; settings: unknown }): string {
  const values = settings as Record<string, unknown>
  return kind.fields
    .filter(({ type }) => type === 'secret')
    .map(({ name }) => values[name])
    .filter((secret) => typeof secret === 'string')
    .filter((secret) => secret !== '')
    .reduce((shown, secret) => shown.replaceAll(secret, MASK), text)
}

/** The email address of a channel's only recipient; null if it has none. */
export function recipientOf({ kind: name, settings }: Pick<Channel, 'kind' | 'settings'>): string | null {
  const kind = findKind(name)
  const read = kind?.settings.safeParse(settings)
  return kind?.recipient && read?.success ? kind.recipient(read.data) : null
}

const PLACES: readonly ChannelField['type'][] = ['address', 'url', 'secret', 'text']

/** Identifies where a channel sends. Texts and choices don't count. It contains secrets. */
export function destinationOf({ kind, settings }: Pick<Channel, 'kind' | 'settings'>): string {
  const fields = findKind(kind)?.fields.filter(({ type }) => PLACES.includes(type)) ?? []
  const stored = settings as Record<string, unknown>
  const places = fields.map(({ name, type }) => [name, type === 'address' ? lowerCase(stored[name]) : stored[name]])
  return JSON.stringify([kind, ...places])
}

function lowerCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value
}

/** The channel's name, or the label of its kind if it has none. */
export function channelTitle({ name, kind }: Pick<Channel, 'name' | 'kind'>): string {
  return name || kindLabel(kind)
}

/** The label of a kind. A kind that is no longer supported is shown by its name. */
export function kindLabel(kind: string): string {
  return findKind(kind)?.label ?? kind
}

/** A channel that emails this address. */
export function mailChannelTo(address: string): Pick<Channel, 'kind' | 'settings'> {
  return { kind: email.kind, settings: { address } }
}
