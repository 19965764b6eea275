// What people see of a ping's words who may not ping themselves.
import type { Deps } from '#deps.ts'
import { may } from '#domain/project.ts'
import { type CutEnds, possibleKeys, withoutKeys } from '#domain/secrets.ts'
import { listKeysAmong } from '#store/bodies.ts'
import type { MonitorRequest } from './guards.ts'

/** `cut`: whether the text went on, or which of its ends were cut off. */
export type Conceal = (text: string, cut: boolean | CutEnds) => string

/** Leaves a text as it is for who may operate the monitor; takes the keys out of it for everybody else. */
export function concealFor({ db }: Deps, { project, monitor }: Pick<MonitorRequest, 'project' | 'monitor'>): Conceal {
  if (may(project.role, 'operate')) return (text) => text
  return (sent, cut) => {
    // UTF-16 that is not declared as such has a NUL between two letters, which would keep a key from being found.
    const text = sent.replaceAll(/(?<=[ -~])\0(?=[ -~])/g, '')
    const found = listKeysAmong(db, { projectId: project.id, ...possibleKeys(text) })
    return withoutKeys(text, {
      keys: [project.pingKey, monitor.pingKey, monitor.alias, ...found],
      cut: typeof cut === 'boolean' ? { start: false, end: cut } : cut,
    })
  }
}
