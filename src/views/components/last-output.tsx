import type { ShownOutput } from '#domain/story.ts'
import { url } from '#lib/base-path.ts'
import { Linked } from '#views/components/linked.tsx'
import { outputLabel, outputParts } from '#words/output.ts'

interface LastOutputProps {
  /** What the ping sent. Secrets are hidden from viewers. */
  output: ShownOutput | null
  monitorKey: string
  /** The monitor's description. */
  runbook: string
}

/** What people need first when a monitor is down: the output of the job, and what to do. */
export function LastOutput({ output, monitorKey, runbook }: LastOutputProps) {
  if (output === null && runbook === '') return null
  return (
    <div class="last-output">
      {output && (
        <figure>
          <figcaption>
            <b>{outputLabel(output)}</b>{' '}
            <a href={url(`/monitors/${monitorKey}/pings/${output.pingNumber}`)}>Ping #{output.pingNumber}</a>
          </figcaption>
          <pre dir="auto" tabindex="0">
            {outputParts(output.text).map((part) => (part.isRemarkable ? <em>{part.text}</em> : part.text))}
          </pre>
        </figure>
      )}
      {runbook !== '' && (
        <section aria-label="Runbook">
          <h2>Runbook</h2>
          <p dir="auto">
            <Linked text={runbook} />
          </p>
        </section>
      )}
    </div>
  )
}
