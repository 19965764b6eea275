import { type Monitor, shownName } from '#domain/monitor.ts'
import { url } from '#lib/base-path.ts'
import { Confirmation } from '#views/layouts/confirmation.tsx'
import type { FrameContext } from '#views/layouts/frame.tsx'

/** Asks for confirmation before a user closes an incident by reporting success manually. */
export function MonitorReportPage({ context, monitor }: { context: FrameContext; monitor: Monitor }) {
  const name = shownName(monitor)
  const address = url(`/monitors/${monitor.uniqueKey}`)
  return (
    <Confirmation
      context={context}
      title={`Report success for ${name}`}
      room="monitors"
      help="manual report"
      crumb={{ address, label: name }}
      question="Report success manually?"
      action={url(`/monitors/${monitor.uniqueKey}/ping`)}
      submit="Report success"
      isDanger={false}
      back={address}
    >
      <p>
        <strong>
          <bdi>{name}</bdi>
        </strong>{' '}
        is down. Reporting success closes the incident and sends a recovery notification, even though the job didn't
        ping. Your name will appear in the timeline.
      </p>
    </Confirmation>
  )
}
