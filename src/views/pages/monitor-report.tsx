import { type Monitor, shownName } from '#domain/monitor.ts'
import { url } from '#lib/base-path.ts'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'

/** Sent by the form of this page: the user confirmed the report for a monitor that is down. */
export const CONFIRMED_FIELD = 'confirmed'

/** Asks for confirmation before a user closes an incident by reporting success manually. */
export function MonitorReportPage({ context, monitor }: { context: FrameContext; monitor: Monitor }) {
  const name = shownName(monitor)
  const address = url(`/monitors/${monitor.uniqueKey}`)
  return (
    <Frame context={context} title={`Report success for ${name}`} room="monitors" help="manual report">
      <div class="page-head">
        <p class="crumbs">
          <a href={address} dir="auto">
            {name}
          </a>
        </p>
        <h1>Report success manually?</h1>
      </div>
      <form method="post" action={`${address}/ping`} class="form section">
        <p>
          <strong>
            <bdi>{name}</bdi>
          </strong>{' '}
          is down. If you report success, the incident closes and the recovery notification is sent, although the job
          didn't ping. The timeline shows your name.
        </p>
        <input type="hidden" name={CONFIRMED_FIELD} value="yes" />
        <div class="actions">
          <button type="submit" class="button button-primary" id="report-success">
            Report success
          </button>
          <a class="button" href={address}>
            Cancel
          </a>
        </div>
      </form>
    </Frame>
  )
}
