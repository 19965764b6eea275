import { KIND_GROUPS } from '#domain/channel.ts'
import type { OwnProject } from '#domain/project.ts'
import { url } from '#lib/base-path.ts'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { ChannelHead, type KindView } from './channel-form.tsx'

interface ChooserProps {
  context: FrameContext
  project: OwnProject
  kinds: readonly KindView[]
}

/** The first step of a new channel: choose the kind. */
export function ChannelKindsPage({ context, project, kinds }: ChooserProps) {
  const path = url(`/projects/${project.id}/channels`)
  return (
    <Frame context={context} title="New channel" room="channels" help="new channel">
      <ChannelHead path={path} title="New channel" />
      <div class="needs-script field kinds-find">
        <label for="find-kind">How should CronGuard notify you?</label>
        <input
          id="find-kind"
          type="search"
          placeholder="Find a service"
          autocomplete="off"
          data-filter="kinds"
          autofocus
        />
      </div>
      <div id="kinds" class="kind-groups">
        {KIND_GROUPS.map((group) => (
          <KindGroup name={group} path={path} kinds={kinds.filter((kind) => kind.group === group)} />
        ))}
        <p class="soft" data-no-match hidden>
          No service found. Many services accept a <a href={`${path}/new?kind=webhook`}>webhook</a>.
        </p>
      </div>
    </Frame>
  )
}

function KindGroup({ name, path, kinds }: { name: string; path: string; kinds: readonly KindView[] }) {
  if (kinds.length === 0) return null
  const id = `kinds-${name.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`
  return (
    <section aria-labelledby={id} data-filter-group>
      <h2 id={id}>{name}</h2>
      <ul class="kinds">
        {kinds.map(({ kind, label, offer }) => (
          <li data-filter-item>
            <a class="kind" href={`${path}/new?kind=${encodeURIComponent(kind)}`}>
              <KindTile label={label} />
              <strong>{label}</strong>
              <span>{offer}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** The first letters of a kind. */
function KindTile({ label }: { label: string }) {
  const [first = '', second = ''] = label.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
  const letters = second === '' ? first.slice(0, 2) : `${first.charAt(0)}${second.charAt(0)}`
  return (
    <span class="kind-tile" aria-hidden="true">
      {letters}
    </span>
  )
}
