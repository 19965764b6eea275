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
          Delete “<bdi>{name}</bdi>”
        </h1>
      </div>
      <form method="post" action={`${address}/delete`} class="form section monitor-delete">
        <p>
          The monitor{' '}
          <strong>
            <bdi>{name}</bdi>
          </strong>{' '}
          goes with {pingsInWords(monitor.pingCount)}, its incidents, and every message about them. Nothing brings them
          back.
        </p>
        <p>Jobs that still call its ping URL are answered 404, and nobody is told when they stop.</p>
        <div class="actions">
          <button type="submit" class="button button-danger">
            Delete “<bdi>{name}</bdi>”
          </button>
          <a class="button" href={address}>
            Keep it
          </a>
        </div>
      </form>
    </Frame>
  )
}

function pingsInWords(count: number): string {
  if (count === 0) return 'its settings'
  return count === 1 ? 'its one ping' : `its ${count.toLocaleString('en')} pings`
}
