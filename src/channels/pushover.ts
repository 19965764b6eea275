import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import type { Notification } from '#domain/notification.ts'
import { cutEnd } from '#lib/cut.ts'
import { DAY } from '#lib/duration.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import { contentOf } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { fingerprint, numberChoice, secretToken } from './shared/fields.ts'
import { type AnswerRules, callService, outcomeOf, PRIORITY_IS_NOTHING, sendRequest } from './shared/http.ts'
import { type Dialect, escapeHtml, HTML, renderText, unlinked } from './shared/markup.ts'

interface PushoverSettings {
  user: string
  token: string
  device?: string | undefined
  downPriority: number
  upPriority: number
  retry: number
  expire: number
}

const API = 'https://api.pushover.net/1'
const MESSAGE_MAX = 1024
const TITLE_MAX = 250
const EMERGENCY = 2
const NEVER = -3

const UP_PRIORITIES = [
  { value: '1', label: '1: high, also in quiet hours' },
  { value: '0', label: '0: normal' },
  { value: '-1', label: '-1: no sound' },
  { value: '-2', label: '-2: no notification' },
  { value: String(NEVER), label: 'Send nothing' },
]
const DOWN_PRIORITIES = [{ value: String(EMERGENCY), label: '2: emergency, until acknowledged' }, ...UP_PRIORITIES]

export const pushover: ChannelKind<PushoverSettings> = {
  kind: 'pushover',
  label: 'Pushover',
  group: 'Push',
  offer: 'Sends push notifications that can repeat until someone acknowledges them.',
  guide: 'pushover',
  needsMailServer: false,
  fields: [
    {
      name: 'user',
      label: 'User or group key',
      help: 'Shown on your Pushover dashboard.',
      type: 'secret',
      isRequired: true,
      link: { label: 'Find your key', url: 'https://pushover.net/dashboard' },
    },
    {
      name: 'token',
      label: 'API token',
      help: 'Create an application in Pushover and copy its API token.',
      type: 'secret',
      isRequired: true,
      link: { label: 'Create an application', url: 'https://pushover.net/apps/build' },
    },
    {
      name: 'device',
      label: 'Device',
      help: 'The name of a device. Leave empty to notify all devices.',
      type: 'text',
      isRequired: false,
    },
    {
      name: 'downPriority',
      label: 'Down priority',
      type: 'choice',
      isRequired: true,
      initial: '1',
      options: DOWN_PRIORITIES,
    },
    {
      name: 'upPriority',
      label: 'Recovery priority',
      type: 'choice',
      isRequired: true,
      initial: '0',
      options: UP_PRIORITIES,
    },
    {
      name: 'retry',
      label: 'Repeat emergencies every (seconds)',
      help: 'From 30 to 10,800.',
      type: 'number',
      isRequired: true,
      initial: '300',
    },
    {
      name: 'expire',
      label: 'Stop repeating after (seconds)',
      help: 'From 30 to 10,800. Pushover repeats at most 50 times.',
      type: 'number',
      isRequired: true,
      initial: '10800',
    },
  ],
  settings: z.object({
    user: secretToken(),
    token: secretToken(),
    device: z.string().max(100).optional(),
    downPriority: numberChoice(DOWN_PRIORITIES),
    upPriority: numberChoice(UP_PRIORITIES),
    retry: seconds(),
    expire: seconds(),
  }),
  summary: ({ user, device }) => `${device ?? 'All devices'} (${fingerprint(user)})`,
  // 10,000 a month for an application.
  limits: ({ token }) => [{ key: `pushover ${token}`, burst: 10_000, perMs: (30 * DAY) / 10_000 }],
  skips: (settings, { status }) => {
    const isSkipped = priorityFor(settings, status) === NEVER && !endsEmergency(settings, status)
    return isSkipped ? PRIORITY_IS_NOTHING : null
  },
  send,
}

function priorityFor({ upPriority, downPriority }: PushoverSettings, status: Notification['status']): number {
  return status === 'up' ? upPriority : downPriority
}

function endsEmergency({ downPriority }: PushoverSettings, status: Notification['status']): boolean {
  return status === 'up' && downPriority === EMERGENCY
}

function seconds() {
  const error = 'Enter a whole number from 30 to 10,800.'
  return z.coerce.number({ error }).int({ error }).min(30, { error }).max(10_800, { error })
}

async function send(settings: PushoverSettings, message: Message, transports: Transports): Promise<Outcome> {
  const priority = priorityFor(settings, message.notification.status)
  for (const key of settings.downPriority === EMERGENCY ? endedBy(message) : []) {
    const problem = await cancelEmergency(settings, { key, message, transports })
    if (problem) return problem
  }
  if (priority === NEVER) return { result: 'sent', detail: 'Emergency canceled, without a message' }
  const form = {
    token: settings.token,
    user: settings.user,
    ...(settings.device && { device: settings.device }),
    ...textsOf(message),
    priority: String(priority),
    tags: message.thread.key,
    ...(priority === EMERGENCY && { retry: String(settings.retry), expire: String(settings.expire) }),
  }
  return await sendRequest({ url: `${API}/messages.json`, form }, { message, transports, rules: RULES })
}

function endedBy({ ended, notification, thread }: Message): readonly string[] {
  return ended ?? (notification.status === 'up' ? [thread.key] : [])
}

// Stops the repetition. If Pushover can't be reached, the whole delivery is retried: nothing was sent yet, and
// canceling twice does no harm. A refusal does not hold the recovery back, because the repetition ends by itself.
async function cancelEmergency(
  { token }: PushoverSettings,
  { key, message, transports }: { key: string; message: Message; transports: Transports },
): Promise<Outcome | null> {
  const url = `${API}/receipts/cancel_by_tag/${encodeURIComponent(key)}.json`
  const result = await callService({ url, form: { token } }, { message, transports })
  const isRefused = result.kind === 'answer' && result.status < 500 && result.status !== 429
  return isRefused ? null : outcomeOf(result, RULES)
}

const RULES: AnswerRules = {
  isPermanent: ({ status, json }) => status === 400 && json.user === 'invalid',
  textOf: ({ json }) => [json.errors].flat().join(', '),
}

// The apps link addresses in text. Pushover's HTML has no element for fixed-width text, which would prevent it.
const escapeText = (text: string) => escapeHtml(unlinked(text))
const PUSHOVER_HTML: Dialect = { ...HTML, text: escapeText, block: escapeText }

function textsOf(message: Message): Record<string, string> {
  const content = contentOf(message)
  const [open, ...others] = content.links
  return {
    title: cutEnd(withVisibleDirections(content.title), TITLE_MAX),
    message: renderText({ ...content, links: others }, PUSHOVER_HTML, { max: MESSAGE_MAX, without: ['title'] }),
    html: '1',
    timestamp: String(Math.floor(message.notification.at / 1000)),
    ...(open && { url: open.url, url_title: open.label }),
  }
}
