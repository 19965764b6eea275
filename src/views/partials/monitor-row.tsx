import { shownName, tagList } from '#domain/monitor.ts'
import { type ListedMonitor, orderKey } from '#domain/monitor-list.ts'
import { shownStatus } from '#domain/status.ts'
import { url } from '#lib/base-path.ts'
import { Ago, Due, type Reading } from '#views/components/moment.tsx'
import { RunStrip } from '#views/components/run-strip.tsx'
import { RunningMark, StatusMark } from '#views/components/status.tsx'
import { rhythmInWords } from '#words/schedule.ts'

interface MonitorRowProps {
  monitor: ListedMonitor
  reading: Reading
}

/** A monitor in the list. @NOTE assets/live.js sorts rows by `data-order`. */
export function MonitorRow({ monitor, reading }: MonitorRowProps) {
  const status = shownStatus(monitor, reading.now)
  return (
    <li
      id={`monitor-${monitor.id}`}
      class={`monitor monitor-${status}`}
      data-order={orderKey(monitor, 'worst', reading.now)}
      data-key={monitor.uniqueKey}
      data-status={status}
    >
      <span class="monitor-status">
        <StatusMark status={status} />
        {monitor.openRuns.length > 0 && <RunningMark />}
      </span>
      <span class="monitor-who">
        <a class="monitor-name" href={url(`/monitors/${monitor.uniqueKey}`)} dir="auto">
          {shownName(monitor)}
        </a>
        <Tags tags={tagList(monitor.tags)} />
      </span>
      <span class="monitor-schedule">{rhythmInWords(monitor.schedule)}</span>
      <span class="monitor-last" data-label="Last ping">
        <LastPing monitor={monitor} reading={reading} />
      </span>
      <span class="monitor-due" data-label="Next ping">
        {monitor.dueAt === null ? '–' : <Due at={monitor.dueAt} reading={reading} />}
      </span>
      <RunStrip runs={monitor.recentRuns} />
    </li>
  )
}

// Starts, logs and pings from before the monitor was resumed don't count.
function LastPing({ monitor: { lastPingAt, pingCount }, reading }: MonitorRowProps) {
  if (lastPingAt !== null) return <Ago at={lastPingAt} reading={reading} />
  return <>{pingCount === 0 ? 'none yet' : 'no result yet'}</>
}

function Tags({ tags }: { tags: string[] }) {
  if (tags.length === 0) return null
  return (
    <span class="tags">
      {tags.map((tag) => (
        <span class="tag" dir="auto">
          {tag}
        </span>
      ))}
    </span>
  )
}
