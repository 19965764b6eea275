import { type Monitor, tagList } from './monitor.ts'

/** Which monitors of a project: one, those with a tag, or all. */
export type MonitorScope = { is: 'monitor'; monitorId: number } | { is: 'tag'; tag: string } | { is: 'project' }

export function includes(scope: MonitorScope, { id, tags }: Pick<Monitor, 'id' | 'tags'>): boolean {
  switch (scope.is) {
    case 'monitor':
      return scope.monitorId === id
    case 'tag':
      return tagList(tags).includes(scope.tag)
    case 'project':
      return true
  }
}

/** A scope as two columns. */
export interface ScopeColumns {
  monitor_id: number | null
  tag: string | null
}

export function scopeFrom({ monitor_id: monitorId, tag }: ScopeColumns): MonitorScope {
  if (monitorId !== null) return { is: 'monitor', monitorId }
  return tag === null ? { is: 'project' } : { is: 'tag', tag }
}

export function scopeParams(scope: MonitorScope): { monitorId: number | null; tag: string | null } {
  return {
    monitorId: scope.is === 'monitor' ? scope.monitorId : null,
    tag: scope.is === 'tag' ? scope.tag : null,
  }
}
