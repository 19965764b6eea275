import type { MessageContent } from '#words/message.ts'
import { Linked } from './linked.tsx'

export interface PreviewProps {
  /** The label of the kind; null for a group. */
  kind: string | null
  /** The monitor that the messages are about; null if it is invented. */
  monitor: string | null
  /** What is invented: the incident, only its recovery, or nothing. */
  sample: 'incident' | 'recovery' | null
  /** The text that is sent, where the kind has its own, or else the content, and what has to be corrected first. */
  messages: readonly ShownMessage[]
}

type ShownMessage =
  | { text: string; problem: string | null }
  | { content: MessageContent; problem: string | null }
  | { problem: string }

/** What the messages of a channel say. Each service shows them in its own way. */
export function MessagePreview({ kind, monitor, sample, messages }: PreviewProps) {
  const problems = new Set(messages.map(({ problem }) => problem))
  return (
    <aside class="preview" id="preview" aria-labelledby="preview-title">
      <h2 id="preview-title">Preview</h2>
      <p class="help">
        {monitor === null ? (
          'A sample incident.'
        ) : (
          <>
            {sample === 'incident' ? 'A sample incident for' : 'The last incident of'} your monitor “
            <bdi>{monitor}</bdi>”.{sample === 'recovery' && ' It is still open, so the recovery is a sample.'}
          </>
        )}{' '}
        {kind !== null && messages.some((message) => 'content' in message) && `${kind} may show it differently.`}
      </p>
      {[...problems]
        .filter((problem) => problem !== null)
        .map((problem) => (
          <p class="problem">{problem}</p>
        ))}
      {messages.map((message) => (
        <ShownMessage message={message} />
      ))}
      <p class="help">Passwords and tokens in the output are hidden before it is sent.</p>
    </aside>
  )
}

/** In place of a preview. */
export function NoPreview({ problem }: { problem: string }) {
  return (
    <aside class="preview" id="preview" aria-labelledby="preview-title">
      <h2 id="preview-title">Preview</h2>
      <p class="help">{problem}</p>
    </aside>
  )
}

function ShownMessage({ message }: { message: ShownMessage }) {
  if ('content' in message) return <PreviewedMessage content={message.content} />
  if (!('text' in message)) return null
  return (
    <article class="preview-message preview-request">
      <pre tabindex="0">{message.text}</pre>
    </article>
  )
}

function PreviewedMessage({ content }: { content: MessageContent }) {
  const { title, details, output, facts, description, links } = content
  return (
    <article class="preview-message">
      <h3 dir="auto">{title}</h3>
      <p>{details}</p>
      {output && <pre tabindex="0">{output.text}</pre>}
      <dl>
        {facts.map(([label, value]) => (
          <div>
            <dt>{label}</dt>
            <dd dir="auto">{value}</dd>
          </div>
        ))}
      </dl>
      {description !== '' && (
        <p dir="auto">
          <Linked text={description} />
        </p>
      )}
      <p class="preview-links">
        {links.map(({ label }) => (
          <span>{label}</span>
        ))}
      </p>
    </article>
  )
}
