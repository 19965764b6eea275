import { url } from '#lib/base-path.ts'
import { Copyable } from '#views/components/copyable.tsx'
import { Section } from '#views/components/section.tsx'

export interface ShownBadge {
  /** Null: of all monitors. */
  tag: string | null
  /** Of the picture, as others reach it. */
  url: string
}

/** Each picture is drawn anew for each look; who has more tags finds the others by the API. */
const SHOWN_MAX = 50

export function BadgesSection({ badges }: { badges: ShownBadge[] }) {
  return (
    <Section id="badges" title="Badges">
      <p class="soft">
        A badge shows the worst status among all monitors, or among those with a tag, to everybody who has its address.
        New and paused monitors count as up. With <code>.json</code> or <code>.shields</code> at its end the address
        gives the same as JSON, or for shields.io.
      </p>
      <ul class="rows">
        {badges.slice(0, SHOWN_MAX).map((badge, index) => (
          <BadgeRow badge={badge} id={`badge-${index}`} />
        ))}
      </ul>
      {badges.length > SHOWN_MAX && (
        <p>
          There are {badges.length - SHOWN_MAX} more. The <a href={url('/docs/badges')}>API</a> lists them all.
        </p>
      )}
    </Section>
  )
}

function BadgeRow({ badge: { tag, url }, id }: { badge: ShownBadge; id: string }) {
  const name = tag ?? 'all monitors'
  return (
    <li class="row">
      <div class="row-main">
        <p class="row-title">
          <b class="breakable" dir="auto">
            {tag ?? 'All monitors'}
          </b>
          <img class="badge" src={pathOf(url)} alt={`Badge of ${name}`} height="20" loading="lazy" />
        </p>
        <Copyable id={id} text={url} what={`the address of the badge of ${name}`} />
      </div>
    </li>
  )
}

// The page shows its own badges from the address at which it was reached itself.
function pathOf(badgeUrl: string): string {
  return url(badgeUrl.slice(badgeUrl.lastIndexOf('/badge/')))
}
