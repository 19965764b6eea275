import { type Monitor, shownName } from '#domain/monitor.ts'
import { url } from '#lib/base-path.ts'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'

export function MonitorDeletePage({ context, monitor }: { context: FrameContext; monitor: Monitor }) {
  const name = shownName(monitor)
  const address = url(`/monitors/${monitor.uniqueKey}`)
  return (
    <Frame context={context} title={`Delete ${name}`} room="monitors">
      <div class="page-head">
        <p class="crumbs">
          <a href={address} dir="auto">
            {name}
          </a>
        </p>
        <h1>
          Delete “<bdi>{name}</bdi>”?
        </h1>
      </div>
      <form method="post" action={`${address}/delete`} class="form section monitor-delete">
        <p>
          This deletes the monitor{' '}
          <strong>
            <bdi>{name}</bdi>
          </strong>{' '}
          with {pingsInWords(monitor.pingCount)}, its incidents and its notifications. This can't be undone.
        </p>
        <p>Its ping URL will answer 404, and no one gets notified if the job stops running.</p>
        <div class="actions">
          <button type="submit" class="button button-danger">
            Delete monitor
          </button>
          <a class="button" href={address}>
            Cancel
          </a>
        </div>
      </form>
    </Frame>
  )
}

function pingsInWords(count: number): string {
  if (count === 0) return 'its settings'
  return count === 1 ? 'its 1 ping' : `its ${count.toLocaleString('en')} pings`
}
