import { kindLabel } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import type { Chapter, Story } from '#domain/story.ts'
import { findStory, listStories } from '#store/stories.ts'

/** A monitor's newest incidents with what happened in them, newest first. */
export function readStories({ db }: Deps, page: { monitorId: number; limit: number }): Story[] {
  return listStories(db, page).map(withKindLabels)
}

/** Null if the incident does not exist. The caller checks whether the user may see it. */
export function readStory({ db }: Deps, incidentId: string): Story | null {
  const story = findStory(db, incidentId)
  return story && withKindLabels(story)
}

function withKindLabels(story: Story): Story {
  return { ...story, opening: withLabels(story.opening), closing: story.closing && withLabels(story.closing) }
}

function withLabels(chapter: Chapter): Chapter {
  const deliveries = chapter.deliveries.map((delivery) => ({ ...delivery, kind: kindLabel(delivery.kind) }))
  return { ...chapter, deliveries }
}
