import { type Monitor, shownName } from '#domain/monitor.ts'
import { url } from '#lib/base-path.ts'
import { Confirmation } from '#views/layouts/confirmation.tsx'
import type { FrameContext } from '#views/layouts/frame.tsx'

export function MonitorDeletePage({ context, monitor }: { context: FrameContext; monitor: Monitor }) {
  const name = shownName(monitor)
  const address = url(`/monitors/${monitor.uniqueKey}`)
  return (
    <Confirmation
      context={context}
      title={`Delete ${name}`}
      room="monitors"
      crumb={{ address, label: name }}
      question={
        <>
          Delete “<bdi>{name}</bdi>”?
        </>
      }
      action={url(`/monitors/${monitor.uniqueKey}/delete`)}
      submit="Delete monitor"
      back={address}
    >
      <p>
        This deletes the monitor{' '}
        <strong>
          <bdi>{name}</bdi>
        </strong>{' '}
        and its {pingsInWords(monitor.pingCount)}incidents and notifications. This can't be undone.
      </p>
      <p>Its ping URL will return 404, and no one gets notified if the job stops running.</p>
    </Confirmation>
  )
}

function pingsInWords(count: number): string {
  if (count === 0) return ''
  return count === 1 ? '1 ping, ' : `${count.toLocaleString('en')} pings, `
}
