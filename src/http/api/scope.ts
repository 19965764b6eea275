import { z } from 'zod'
import { requireTag } from '#actions/snoozes.ts'
import type { Deps } from '#deps.ts'
import type { MonitorScope } from '#domain/monitor-scope.ts'
import { findCheck } from './checks.ts'
import type { ApiCall } from './endpoint.ts'
import { text } from './fields.ts'

/** The fields of a request that name one check, or the checks with a tag. Neither means all checks of the project. */
export const SCOPE_FIELDS = {
  check: z.string('check is not a string').optional().describe('The `uuid` or `unique_key` of one check.'),
  tag: text('tag', 100).optional().describe('All checks with this tag. Not together with `check`.'),
}

/** Throws not_found and forbidden for the check, and invalid for a tag that no check has. */
export function readScope(
  deps: Deps,
  { call, check, tag }: { call: ApiCall; check?: string | undefined; tag?: string | undefined },
): MonitorScope {
  if (check !== undefined) {
    return { is: 'monitor', monitorId: findCheck(deps, { ...call, params: { id: check } }).id }
  }
  if (tag === undefined) return { is: 'project' }
  return { is: 'tag', tag: requireTag(deps.db, { projectId: call.projectId, tag }) }
}
