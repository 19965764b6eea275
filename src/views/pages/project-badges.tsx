import { url } from '#lib/base-path.ts'
import { Copyable } from '#views/components/copyable.tsx'
import { Section } from '#views/components/section.tsx'

export interface ShownBadge {
  /** Null for the badge of all monitors. */
  tag: string | null
  /** The public URL of the image. */
  url: string
}

/** The other badges open below these. */
const OPEN_MAX = 5

/** Each image is rendered for each request, so the page shows only some of them. The API lists all badges. */
const SHOWN_MAX = 50

export function BadgesSection({ badges }: { badges: ShownBadge[] }) {
  const shown = badges.slice(0, SHOWN_MAX)
  return (
    <Section id="badges" title="Badges">
      <p class="soft">
        A badge shows the worst status among all monitors or among those with a tag. New and paused monitors count as
        up. Anyone with the URL can see it. Replace <code>.svg</code> with <code>.json</code> for JSON, or with{' '}
        <code>.shields</code> for shields.io.
      </p>
      <BadgeRows badges={shown.slice(0, OPEN_MAX)} first={0} />
      {shown.length > OPEN_MAX && (
        <details class="aside">
          <summary>Show {shown.length - OPEN_MAX} more</summary>
          <BadgeRows badges={shown.slice(OPEN_MAX)} first={OPEN_MAX} />
        </details>
      )}
      {badges.length > SHOWN_MAX && (
        <p>
          {badges.length - SHOWN_MAX} more badges are available through the <a href={url('/docs/badges')}>API</a>.
        </p>
      )}
    </Section>
  )
}

function BadgeRows({ badges, first }: { badges: ShownBadge[]; first: number }) {
  return (
    <ul class="rows">
      {badges.map((badge, index) => (
        <BadgeRow badge={badge} id={`badge-${first + index}`} />
      ))}
    </ul>
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
          <img class="badge" src={pathOf(url)} alt={`${name} badge`} height="20" loading="lazy" />
        </p>
        <Copyable id={id} text={url} what={`the badge URL of ${name}`} />
      </div>
    </li>
  )
}

// The page loads its badges from the address at which the page was reached.
function pathOf(badgeUrl: string): string {
  return url(badgeUrl.slice(badgeUrl.lastIndexOf('/badge/')))
}
