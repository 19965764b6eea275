import type { Deps } from '#deps.ts'
import { type BadgeForm, type BadgeStates, type TagBadge, tagBadgeUrl } from '#http/badges/address.ts'
import { listTagBadges } from '#http/badges/list.ts'
import { LIST_BADGES } from './check-about.ts'
import { type ApiCall, endpoint, read } from './endpoint.ts'

/** Lists the badges of a project: of all its monitors, and of each tag. */
export function badgeListRoutes(deps: Deps) {
  return endpoint(deps, { path: '/badges/', operations: { GET: read((call) => list(deps, call), LIST_BADGES) } })
}

function list(deps: Deps, { projectId }: ApiCall): Response {
  const badges = listTagBadges(deps, projectId).map((badge) => [badge.tag, toForms(deps, badge)])
  return Response.json({ badges: Object.fromEntries(badges) })
}

function toForms(deps: Deps, badge: Omit<TagBadge, 'states'>) {
  const url = (form: BadgeForm, states: BadgeStates) => tagBadgeUrl(deps, { ...badge, form, states })
  return {
    svg: url('svg', 2),
    svg3: url('svg', 3),
    json: url('json', 2),
    json3: url('json', 3),
    shields: url('shields', 2),
    shields3: url('shields', 3),
  }
}
