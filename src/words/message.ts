// The content of a message, which every kind of channel renders in its own format.
import type { Lateness } from '#domain/lateness.ts'
import { incidentUrl, isAboutMonitor, type Notification, notificationUrl } from '#domain/notification.ts'
import { lateInWords } from './late.ts'
import { notificationDetails, notificationFacts, notificationLinkLabel, notificationTitle } from './notification.ts'
import { summaryDetails, summaryTitle } from './summary.ts'

/** The output of the ping that a message is about, without secrets. */
export interface Output {
  text: string
  /** Whether its beginning is missing. */
  isCut: boolean
}

export interface MessageFacts {
  notification: Notification
  /** All notifications in order, if the message is about several. `notification` decides how it looks. */
  summarized?: readonly Notification[]
  /** The base URL for links to pages. */
  baseUrl: string
  /** The time zone for times in the text. */
  zone: string
  links: {
    /** The page with details. */
    open: string
    /** The page that acknowledges the incident without a sign-in. Null if there is nothing to acknowledge. */
    acknowledge: string | null
    /** The page that snoozes the monitor without a sign-in. Null or absent if there is nothing to snooze. */
    snooze?: string | null
    /** The page on which the only recipient unsubscribes. `isOneClick`: a POST to it is enough. Null without one. */
    unsubscribe?: { url: string; isOneClick: boolean } | null
  }
  output: Output | null
  /** Null if the message is sent in time. */
  late: Lateness | null
  /** A title and a text that replace ours. The text replaces everything below the title but the links. */
  wording?: { title: string | null; text: string | null }
}

export interface MessageContent {
  status: Notification['status']
  isTest: boolean
  /** One line. */
  title: string
  /** Sentences that say what happened. */
  details: string
  output: Output | null
  /** Labeled facts, in the order in which people ask for them. */
  facts: readonly (readonly [label: string, value: string])[]
  /** The monitor's description, in which web addresses should be links. */
  description: string
  /** The most important comes first. */
  links: readonly { label: string; url: string }[]
}

/** Whether it is about the project or CronGuard itself: neither a problem of a monitor nor its end. */
export function isNotice({ status }: Pick<MessageContent, 'status'>): boolean {
  return status === 'blind' || status === 'notice'
}

export function contentOf(facts: MessageFacts): MessageContent {
  if (facts.summarized) return summaryOf(facts, facts.summarized)
  const { title = null, text = null } = facts.wording ?? {}
  const content = ownContentOf(facts)
  const titled = title === null ? content : { ...content, title: oneLine(title) }
  return text === null ? titled : { ...titled, details: text, output: null, facts: [], description: '' }
}

function summaryOf({ notification, zone, baseUrl, late }: MessageFacts, all: readonly Notification[]): MessageContent {
  return {
    status: notification.status,
    isTest: false,
    title: summaryTitle(all),
    details: [summaryDetails(all, zone), ...(late ? [lateInWords(late)] : [])].join('\n'),
    output: null,
    facts: [],
    description: '',
    links: [{ label: 'Open CronGuard', url: `${baseUrl}/` }],
  }
}

function ownContentOf({ notification, zone, links, output, late }: MessageFacts): MessageContent {
  return {
    status: notification.status,
    isTest: notification.isTest,
    title: oneLine(notificationTitle(notification, zone)),
    details: [notificationDetails(notification, zone), ...(late ? [lateInWords(late)] : [])].join(' '),
    output,
    facts: notificationFacts(notification, zone).filter(([label]) => label !== 'Description'),
    description: isAboutMonitor(notification) ? notification.monitor.description : '',
    links: [
      { label: notificationLinkLabel(notification), url: links.open },
      ...(links.acknowledge === null ? [] : [{ label: 'Acknowledge', url: links.acknowledge }]),
      ...(links.snooze ? [{ label: 'Snooze', url: links.snooze }] : []),
    ],
  }
}

/** The links of a message that needs none but the page with details. */
export function pageLinks(notification: Notification, baseUrl: string): MessageFacts['links'] {
  const open = incidentUrl(notification, baseUrl) ?? notificationUrl(notification, baseUrl)
  return { open, acknowledge: null }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
