import type { MessageContent } from '#words/message.ts'
import { Linked } from './linked.tsx'

export interface PreviewProps {
  /** The label of the kind; null for a group. */
  kind: string | null
  /** The monitor that the messages are about; null if it is invented. */
  monitor: string | null
  /** Whether the incident is invented. */
  isSample: boolean
  /** The text that is sent, where the kind has its own, or else the content. */
  messages: readonly ({ text: string } | { content: MessageContent })[]
}

/** What the messages of a channel say. Each service shows them in its own way. */
export function MessagePreview({ kind, monitor, isSample, messages }: PreviewProps) {
  return (
    <aside class="preview" id="preview" aria-labelledby="preview-title">
      <h2 id="preview-title">Preview</h2>
      <p class="help">
        {monitor === null ? (
          'A sample incident.'
        ) : (
          <>
            {isSample ? 'A sample incident for' : 'The last incident of'} your monitor “<bdi>{monitor}</bdi>”.
          </>
        )}{' '}
        {kind !== null && messages.some((message) => 'content' in message) && `The layout in ${kind} may differ.`}
      </p>
      {messages.map((message) =>
        'text' in message ? (
          <article class="preview-message">
            <pre tabindex="0">{message.text}</pre>
          </article>
        ) : (
          <PreviewedMessage content={message.content} />
        ),
      )}
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
