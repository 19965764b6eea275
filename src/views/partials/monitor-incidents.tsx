import { isSettled } from '#domain/delivery.ts'
import type { Story } from '#domain/story.ts'
import { url } from '#lib/base-path.ts'
import { IncidentMark, IncidentStory } from '#views/components/incident-story.tsx'
import { Moment, type Reading } from '#views/components/moment.tsx'

export interface MonitorIncidentsProps {
  uniqueKey: string
  projectId: string
  /** Newest first. */
  stories: readonly Story[]
  mayOperate: boolean
  reading: Reading
}

/** The newest incidents with their alerts. Updates when the monitor changes. */
export function MonitorIncidents({ uniqueKey, projectId, stories, ...context }: MonitorIncidentsProps) {
  return (
    <section
      id="incidents"
      class="section"
      aria-labelledby="incidents-title"
      hidden={stories.length === 0}
      data-live-monitor={uniqueKey}
      hx-get={url(`/monitors/${uniqueKey}/incidents`)}
      hx-trigger="monitor-changed"
      hx-swap="outerMorph"
    >
      <div class="section-head">
        <h2 id="incidents-title">Incidents</h2>
        <a href={url(`/projects/${projectId}/incidents`)}>All incidents</a>
      </div>
      {stories.map((story) => (
        <IncidentDetails story={story} {...context} />
      ))}
    </section>
  )
}

// An update skips incidents that can no longer change, so that they stay open or closed as the user left them.
function IncidentDetails(props: { story: Story; reading: Reading; mayOperate: boolean }) {
  const { incident } = props.story
  return (
    <details
      class="incident"
      id={`why-${incident.id}`}
      open={incident.closedAt === null}
      {...(isOver(props.story) ? { 'hx-morph-skip': true } : {})}
    >
      <summary>
        <IncidentMark incident={incident} reading={props.reading} />
        <span class="soft">
          {incident.closedAt === null ? 'since' : 'started'} <Moment at={incident.openedAt} reading={props.reading} />
        </span>
        <span class="incident-why">Why this alert?</span>
      </summary>
      <IncidentStory {...props} isLinked />
    </details>
  )
}

function isOver({ incident, opening, closing }: Story): boolean {
  const deliveries = [...opening.deliveries, ...(closing?.deliveries ?? [])]
  return incident.closedAt !== null && deliveries.every(({ state }) => isSettled(state))
}
