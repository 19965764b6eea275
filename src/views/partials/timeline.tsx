// The timeline of a monitor: a partial, and the two ends at which it loads more entries.
import type { RecordedTransition } from '#domain/lifecycle.ts'
import {
  TIMELINE_FILTERS,
  type TimelineCursor,
  type TimelineEntry,
  type TimelineEvent,
  type TimelineFilter,
  type TimelinePing,
  writeCursor,
} from '#domain/timeline.ts'
import { type Address, url } from '#lib/base-path.ts'
import { durationInWords, lengthInWords } from '#lib/duration.ts'
import { ExactMoment } from '#views/components/delivery.tsx'
import { Icon } from '#views/components/icon.tsx'
import type { Reading } from '#views/components/moment.tsx'
import { PingMark } from '#views/components/ping-mark.tsx'
import { StatusMark } from '#views/components/status.tsx'
import { firstWords } from '#words/body.ts'
import { gapReasonInWords } from '#words/notice.ts'
import { reasonInWords } from '#words/reason.ts'

/** The monitor, the filter and the reader. */
interface TimelineView {
  uniqueKey: string
  filter: TimelineFilter
  reading: Reading
}

interface Entries {
  entries: readonly TimelineEntry[]
  /** Where older entries begin; null if there are none. */
  below: TimelineCursor | null
}

interface Older extends Entries {
  /** How many times more was loaded since the newest entry; null if the page doesn't begin with it. */
  steps: number | null
}

const FILTER_WORDS: Record<TimelineFilter, string> = {
  all: 'All',
  success: 'Success',
  fail: 'Failure',
  start: 'Start',
  log: 'Log',
  ignored: 'Ignored',
  status: 'Status changes',
}

/** The whole section. `above` is null if it doesn't begin with the newest entry. */
export function Timeline({ above, ...view }: TimelineView & Older & { above: TimelineCursor | null }) {
  return (
    <section id="timeline" class="section" aria-labelledby="timeline-title">
      <div class="section-head">
        <h2 id="timeline-title">Timeline</h2>
        <Filters {...view} />
      </div>
      <ol class="entries">
        {above === null ? <BackToTop {...view} /> : <NewestMark {...view} above={above} />}
        {view.entries.map((entry) => (
          <Entry {...view} entry={entry} />
        ))}
        {view.entries.length === 0 && <Nothing {...view} />}
        {view.below && <OlderLink {...view} below={view.below} />}
      </ol>
    </section>
  )
}

/** Replaces the link to older entries with these entries and the next link. */
export function OlderEntries(view: TimelineView & Older) {
  return (
    <>
      {view.entries.map((entry) => (
        <Entry {...view} entry={entry} />
      ))}
      {view.below ? <OlderLink {...view} below={view.below} /> : <li class="entry-note">No older entries.</li>}
    </>
  )
}

/** Replaces the mark above the newest entry with the mark and newer entries. `above` is null if there are too many. */
export function NewerEntries({
  above,
  entries,
  ...view
}: TimelineView & Pick<Entries, 'entries'> & { above: TimelineCursor | null }) {
  return (
    <>
      {above === null ? <BackToTop {...view} /> : <NewestMark {...view} above={above} />}
      {entries.map((entry) => (
        <Entry {...view} entry={entry} />
      ))}
    </>
  )
}

function Filters({ uniqueKey, filter }: TimelineView) {
  return (
    <nav class="timeline-filters" aria-label="Filter timeline">
      {TIMELINE_FILTERS.map((name) => (
        <a
          href={pageUrl({ uniqueKey, filter: name })}
          hx-get={url(`/monitors/${uniqueKey}/timeline?kind=${name}`)}
          hx-target="#timeline"
          hx-swap="outerHTML"
          aria-current={name === filter ? 'true' : undefined}
          id={`timeline-${name}`}
        >
          {FILTER_WORDS[name]}
        </a>
      ))}
    </nav>
  )
}

function NewestMark({ uniqueKey, filter, above }: TimelineView & { above: TimelineCursor }) {
  return (
    <li
      class="entries-top"
      hidden
      data-live-monitor={uniqueKey}
      hx-get={url(`/monitors/${uniqueKey}/timeline/newer?kind=${filter}&after=${writeCursor(above)}`)}
      hx-trigger="monitor-changed"
      hx-swap="outerHTML"
    />
  )
}

function BackToTop(view: TimelineView) {
  return (
    <li class="entry-note">
      <a href={pageUrl(view)}>Back to newest</a>
    </li>
  )
}

function Nothing({ filter, below }: TimelineView & Entries) {
  const words = filter === 'all' ? 'No entries yet.' : `No matching entries${below ? ' among the newest pings' : ''}.`
  return <li class="entry-note entries-empty">{words}</li>
}

function OlderLink({ uniqueKey, filter, entries, below, steps }: TimelineView & Older & { below: TimelineCursor }) {
  const before = writeCursor(below)
  const next = steps === null ? '' : `&steps=${steps + 1}`
  return (
    <li class="entry-note" id="timeline-older">
      <a
        class="button button-small"
        href={url(`/monitors/${uniqueKey}?kind=${filter}&before=${before}#timeline`)}
        hx-get={url(`/monitors/${uniqueKey}/timeline/older?kind=${filter}&before=${before}${next}`)}
        hx-target="#timeline-older"
        hx-swap="outerHTML"
        id="timeline-load"
      >
        {entries.length === 0 ? 'Search older pings' : 'Load more'}
      </a>
    </li>
  )
}

function Entry({ entry, ...view }: TimelineView & { entry: TimelineEntry }) {
  switch (entry.type) {
    case 'ping':
      return <PingEntry ping={entry.ping} {...view} />
    case 'transition':
      return <TransitionEntry transition={entry} reading={view.reading} />
    case 'gap':
      return <GapEntry gap={entry} reading={view.reading} />
  }
}

function TransitionEntry({ transition, reading }: { transition: RecordedTransition; reading: Reading }) {
  return (
    <li class="entry entry-transition">
      <StatusMark status={transition.to} />
      <ExactMoment at={transition.at} zone={reading.zone} />
      <span class="entry-what">{reasonInWords(transition.reason)}</span>
    </li>
  )
}

function GapEntry({ gap, reading }: { gap: TimelineEvent & { type: 'gap' }; reading: Reading }) {
  const { from, at, reason } = gap
  return (
    <li class="entry entry-transition entry-blackout">
      <span class="entry-blind">
        <Icon name="alert" /> Offline
      </span>
      <ExactMoment at={at} zone={reading.zone} />
      <span class="entry-what">
        <span>
          CronGuard was offline for {durationInWords(at - from)}: {gapReasonInWords(reason)}.
        </span>
        <span>The deadline was extended by one grace period.</span>
      </span>
    </li>
  )
}

function PingEntry({ ping, uniqueKey, reading }: TimelineView & { ping: TimelinePing }) {
  const facts = pingFacts(ping)
  return (
    <li class="entry">
      <PingMark kind={ping.kind} />
      <ExactMoment at={ping.at} zone={reading.zone} />
      <span class="entry-what">
        <a href={url(`/monitors/${uniqueKey}/pings/${ping.number}`)}>
          <span class="visually-hidden">Ping </span>#{ping.number}
        </a>
        {facts.map((fact) => (
          <span>{fact}</span>
        ))}
        {ping.beginning && <bdi class="entry-body">{previewOf(ping.beginning)}</bdi>}
      </span>
    </li>
  )
}

function pingFacts({ durationMs, exitStatus, remoteAddress, reportedBy }: TimelinePing): string[] {
  return [
    ...(reportedBy ? [`reported manually by ${reportedBy}`] : []),
    ...(durationMs === null ? [] : [`took ${lengthInWords(durationMs)}`]),
    ...(exitStatus === null ? [] : [`exit status ${exitStatus}`]),
    ...(remoteAddress === null ? [] : [`from ${remoteAddress}`]),
  ]
}

const SHOWN_CHARACTERS = 160

function previewOf({ text, isCut }: NonNullable<TimelinePing['beginning']>): string {
  return firstWords(text, { characters: SHOWN_CHARACTERS, isPart: isCut })
}

function pageUrl({ uniqueKey, filter }: Pick<TimelineView, 'uniqueKey' | 'filter'>): Address {
  return url(`/monitors/${uniqueKey}${filter === 'all' ? '' : `?kind=${filter}`}#timeline`)
}
