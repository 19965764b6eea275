import { runsPrograms } from '#actions/program-channels.ts'
import { redactedOutput, wholeOutput } from '#actions/redaction.ts'
import { kindLabel } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import { may, type OwnProject } from '#domain/project.ts'
import type { Story, StoryDelivery } from '#domain/story.ts'
import { findOutput } from '#store/delivery-log.ts'
import { findStory, listStories } from '#store/stories.ts'

/** A monitor's newest incidents with what happened in them, newest first. */
export function readStories({ db }: Deps, page: { monitorId: number; limit: number }): Story[] {
  return listStories(db, page).map(withKindLabels)
}

/** Null if the incident does not exist. The caller checks whether the user may see it. */
export function readStory({ db }: Deps, { incidentId, isAdmin }: StoryRequest): Story | null {
  const story = findStory(db, incidentId)
  if (story === null) return null
  return withKindLabels(isAdmin ? withOutputs(db, story) : story)
}

interface StoryRequest {
  incidentId: string
  /** Whether it is for an administrator of the server, who sees what programs said. */
  isAdmin: boolean
}

function withOutputs(db: Deps['db'], story: Story): Story {
  const add = <C extends { deliveries: StoryDelivery[] }>(chapter: C): C => ({
    ...chapter,
    deliveries: chapter.deliveries.map((delivery) =>
      runsPrograms(delivery.kind) ? { ...delivery, output: findOutput(db, delivery.id) } : delivery,
    ),
  })
  return changed(story, add)
}

/** The output that the alert was about. Secrets in it are hidden from people who may not operate the monitor. */
export function outputOfStory({ db }: Deps, { project, story }: { project: OwnProject; story: Story }) {
  const excerpt = story.opening.notification?.circumstances?.output ?? null
  if (excerpt === null) return null
  const { pingNumber } = excerpt
  const isWhole = may(project.role, 'operate')
  const output = isWhole ? wholeOutput(excerpt) : redactedOutput(db, { projectId: project.id, excerpt })
  return output && { pingNumber, ...output }
}

function withKindLabels(story: Story): Story {
  return changed(story, withLabels)
}

/** Changes the deliveries of every chapter. */
function changed(story: Story, change: <C extends { deliveries: StoryDelivery[] }>(chapter: C) => C): Story {
  const { opening, again, closing } = story
  return { ...story, opening: change(opening), again: again.map(change), closing: closing && change(closing) }
}

function withLabels<C extends { deliveries: StoryDelivery[] }>(chapter: C): C {
  const deliveries = chapter.deliveries.map((delivery) => ({ ...delivery, kind: kindLabel(delivery.kind) }))
  return { ...chapter, deliveries }
}
