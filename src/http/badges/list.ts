import type { Deps } from '#deps.ts'
import { tagsOf } from '#domain/monitor-list.ts'
import { listTaggedStatuses } from '#store/counts.ts'
import { badgeKeyOf } from '#store/projects.ts'
import { EVERY_TAG, type TagBadge } from './address.ts'

/** The badges of a project: one for all monitors, then one for each tag. */
export function listTagBadges({ db }: Deps, projectId: string): Omit<TagBadge, 'states'>[] {
  const projectBadgeKey = badgeKeyOf(db, projectId)
  const tags = tagsOf(listTaggedStatuses(db, projectId)).filter((tag) => tag !== EVERY_TAG)
  return [EVERY_TAG, ...tags].map((tag) => ({ projectBadgeKey, tag }))
}
