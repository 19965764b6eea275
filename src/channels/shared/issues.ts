// What issue trackers share: one issue per incident, closed on recovery.
import type { Message } from '#channels/kind.ts'
import type { Outcome } from '#domain/delivery.ts'
import type { OutboundResult } from '#lib/outbound.ts'
import { contentOf } from '#words/message.ts'
import { outcomeOf, readAnswer, type ServiceAnswer } from './http.ts'
import { type Dialect, MARKDOWN, renderText } from './markup.ts'

/** Requests to a tracker, about one message. */
export interface Tracker {
  /** Searches the issue whose text contains the key: an earlier attempt may have created it without learning its ID. */
  search(key: string): Promise<OutboundResult>
  /** Reads the ID from the answer of a search. */
  idIn(answer: ServiceAnswer): unknown
  /** Returns the ID of the new issue as receipt. */
  create(): Promise<Outcome>
  /** Closes an issue, even if it is closed. */
  close(id: string): Promise<Outcome>
  comment(id: string): Promise<Outcome>
}

/**
 * Creates the incident's issue, or closes it. Other messages, such as a test, create an issue that is closed at once.
 * Closing can be repeated, so it comes before the comment: if the comment fails, the next attempt sends only that.
 */
export async function sendIssue({ notification, thread }: Message, tracker: Tracker): Promise<Outcome> {
  const staysOpen = notification.status === 'down' && !notification.isTest
  if (thread.receipt !== null) {
    return staysOpen ? await tracker.comment(thread.receipt) : await closeWithComment(tracker, thread.receipt)
  }
  const search = await tracker.search(thread.key)
  if (search.kind !== 'answer') return outcomeOf(search)
  const id = tracker.idIn(readAnswer(search))
  if (Number.isInteger(id)) {
    return staysOpen ? createdBefore(String(id)) : await closeWithComment(tracker, String(id))
  }
  const created = await tracker.create()
  return created.result === 'sent' && created.receipt && !staysOpen ? await closed(tracker, created.receipt) : created
}

function createdBefore(id: string): Outcome {
  return { result: 'sent', detail: `An earlier attempt created #${id}`, receipt: id }
}

async function closeWithComment(tracker: Tracker, id: string): Promise<Outcome> {
  const outcome = await closed(tracker, id)
  return outcome.result === 'sent' ? await tracker.comment(id) : outcome
}

async function closed(tracker: Tracker, id: string): Promise<Outcome> {
  const outcome = await tracker.close(id)
  return outcome.result === 'sent' ? { ...outcome, receipt: id } : outcome
}

/** The text of an issue or of a comment. The key stays when the text is cut. */
export function issueText(message: Message, max: number): string {
  const key = `\n\nIncident: \`${message.thread.key}\``
  return renderText(contentOf(message), ISSUE_MARKDOWN, { max: max - key.length, without: ['title'] }) + key
}

/** Markdown of trackers, which also link numbers of issues, commits, emoji and commands. */
export const ISSUE_MARKDOWN: Dialect = { ...MARKDOWN, text: (text) => withoutReferences(MARKDOWN.text(text)) }

const JOINER = '\u2060'

/**
 * Inserts invisible word joiners, because trackers look for references after they have read the Markdown. Six digits
 * are not enough for a commit.
 */
export function withoutReferences(text: string): string {
  return text
    .replace(/@(?!\u2060)/g, `@${JOINER}`)
    .replace(/[#!%&~^$](?=[\w"])|\bGH-(?=\d)/gi, `$&${JOINER}`)
    .replace(/:(?=(?:\d{3,}|[\w+-]*[a-z_+-][\w+-]*):)/gi, `:${JOINER}`)
    .replace(/\b[0-9a-f]{7,}\b/gi, (digits) => digits.replace(/.{6}(?=.)/g, `$&${JOINER}`))
    .replace(/^([ \t]*)\/(?=[a-z])/gim, `$1${JOINER}/`)
}

/** Names of labels, separated by commas. */
export function labelsOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((label) => label.trim())
    .filter((label) => label !== '')
}
