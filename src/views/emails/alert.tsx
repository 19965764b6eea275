// The email of a notification, as text and as HTML with the same content in the same order.
import type { Notification } from '#domain/notification.ts'
import { Linked } from '#views/components/linked.tsx'
import { contentOf, type MessageContent, type MessageFacts } from '#words/message.ts'
import { notificationHeading } from '#words/notification.ts'
import { outputLabel, outputParts } from '#words/output.ts'
import { MailButton, MailDocument, PADDING, SentBy, SOFT_COLOR, sentBy } from './frame.tsx'

const RUNBOOK = 'Runbook'
const DETAILS = 'Details'
const UNSUBSCRIBE = 'Unsubscribe'

export function renderAlertText(message: MessageFacts): string {
  const { unsubscribe } = message.links
  const { title, details, output, description, facts, links } = contentOf(message)
  const parts = [
    title,
    details,
    inOrder(links)
      .map(({ label, url }) => `${label}:\n${url}`)
      .join('\n\n'),
    ...(output ? [`${outputLabel(output)}:\n${output.text}`] : []),
    ...(description === '' ? [] : [`${RUNBOOK}:\n${description}`]),
    ...(facts.length === 0 ? [] : [[`${DETAILS}:`, ...facts.map((fact) => fact.join(': '))].join('\n')]),
    sentBy(message.baseUrl),
    ...(!unsubscribe ? [] : [`${UNSUBSCRIBE}:\n${unsubscribe.url}`]),
  ]
  return `${parts.join('\n\n')}\n`
}

export function renderAlertHtml(message: MessageFacts): string {
  return `<!doctype html>${(<AlertMail {...message} />).toString()}`
}

/** Acknowledging and snoozing come first, where they are possible. */
function inOrder([open, ...actions]: MessageContent['links']): MessageContent['links'] {
  return open ? [...actions, open] : []
}

function AlertMail(message: MessageFacts) {
  const content = contentOf(message)
  const { title, details, output, description, links } = content
  return (
    <MailDocument
      title={title}
      preview={details}
      aside={message.notification.project}
      footer={<Footer message={message} />}
    >
      <Band message={message} details={details} />
      <div class="pad" style={`${PADDING}; padding-top: 20px; padding-bottom: 24px`}>
        <Buttons links={inOrder(links)} />
        {output && <Heading text={outputLabel(output)} />}
        {output && <Output text={output.text} />}
        {description !== '' && <Heading text={RUNBOOK} />}
        {description !== '' && (
          <div dir="auto" style="white-space: pre-wrap; overflow-wrap: anywhere">
            <Linked text={description} />
          </div>
        )}
        {content.facts.length > 0 && <Heading text={DETAILS} />}
        <Facts facts={content.facts} />
      </div>
    </MailDocument>
  )
}

function Footer({ message: { baseUrl, links } }: { message: MessageFacts }) {
  return (
    <>
      <SentBy baseUrl={baseUrl} />
      {links.unsubscribe && (
        <>
          {' · '}
          <a href={links.unsubscribe.url}>{UNSUBSCRIBE}</a>
        </>
      )}
    </>
  )
}

/** The wash, the line below it, and the color of the word. */
interface Look {
  /** A part of class names. */
  name: string
  wash: string
  edge: string
  ink: string
  sign: string
  radius: string
}

const NOTICE: Look = { name: 'notice', wash: '#fdf6e6', edge: '#ecd9ae', ink: '#845300', sign: '!', radius: '4px' }
const LOOKS: Record<Notification['status'], Look> = {
  down: { name: 'down', wash: '#fdf1ef', edge: '#f2cdc8', ink: '#b3241a', sign: '×', radius: '7px' },
  up: { name: 'up', wash: '#eef7f1', edge: '#cfe6d8', ink: '#17733f', sign: '✓', radius: '13px' },
  blind: NOTICE,
  notice: NOTICE,
}

const SIGN =
  'display: inline-block; width: 26px; height: 26px; margin-right: 8px; color: #ffffff; font-size: 20px; ' +
  'line-height: 26px; font-weight: 700; text-align: center; vertical-align: 2px'

function Band({ message, details }: { message: MessageFacts; details: string }) {
  const { notification, zone } = message
  const { name: look, wash, edge, ink, sign, radius } = LOOKS[notification.status]
  const { word, rest, name } = message.summarized
    ? { word: contentOf(message).title, rest: '', name: null }
    : notificationHeading(notification, zone)
  const heading = 'margin: 0; font-size: 27px; line-height: 1.2; font-weight: 680; letter-spacing: -0.02em'
  return (
    <div
      class={`pad band-${look}`}
      style={`padding: 22px 32px 24px; background-color: ${wash}; border-bottom: 1px solid ${edge}`}
    >
      <h1 class={`big ink-${look}`} style={`${heading}; color: ${ink}`}>
        <span
          class={`sign-${look}`}
          aria-hidden="true"
          style={`${SIGN}; background-color: ${ink}; border-radius: ${radius}`}
        >
          {sign}
        </span>
        {word} <span style="font-weight: 430">{rest}</span>
      </h1>
      {name !== null && (
        <p style="margin: 10px 0 2px; font-size: 18px; font-weight: 650; overflow-wrap: anywhere">
          <bdi>{name}</bdi>
        </p>
      )}
      <p style="margin: 0; font-size: 16px; overflow-wrap: anywhere; white-space: pre-line">{details}</p>
    </div>
  )
}

function Buttons({ links }: Pick<MessageContent, 'links'>) {
  return (
    <table role="presentation" width="100%" style="border-collapse: collapse; table-layout: fixed">
      <tr>
        {links.map(({ label, url }, index) => (
          <td style={index === 0 ? 'padding: 0' : 'padding: 0 0 0 8px'}>
            <MailButton url={url} label={label} isPrimary={index === 0} />
          </td>
        ))}
      </tr>
    </table>
  )
}

function Heading({ text }: { text: string }) {
  return (
    <h2 class="soft" style={`margin: 24px 0 8px; font-size: 13px; font-weight: 620; color: ${SOFT_COLOR}`}>
      {text}
    </h2>
  )
}

const MONOSPACE = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
const OUTPUT =
  `margin: 0; padding: 14px 16px; font: 12.5px/1.6 ${MONOSPACE}; color: #d9e5e3; background-color: #111c1e; ` +
  'border-radius: 8px; white-space: pre-wrap; word-break: break-word; overflow-wrap: anywhere'

function Output({ text }: { text: string }) {
  return (
    <pre class="output" dir="auto" style={OUTPUT}>
      {outputParts(text).map((part) =>
        part.isRemarkable ? <span style="color: #ff9e92">{part.text}</span> : part.text,
      )}
    </pre>
  )
}

const CELL = 'padding: 7px 0; border-top: 1px solid #e3e8e7; text-align: left; vertical-align: top; font-weight: 400'

function Facts({ facts }: Pick<MessageContent, 'facts'>) {
  return (
    <table width="100%" style="border-collapse: collapse; font-size: 14px">
      {facts.map(([label, value]) => (
        <tr>
          <th scope="row" width="118" class="soft line" style={`${CELL}; padding-right: 12px; color: ${SOFT_COLOR}`}>
            {label}
          </th>
          <td class="line" dir="auto" style={`${CELL}; overflow-wrap: anywhere; word-break: break-word`}>
            {value}
          </td>
        </tr>
      ))}
    </table>
  )
}
