// Masks keys in the text of pings for people who may not ping.
import type { Deps } from '#deps.ts'
import { may } from '#domain/project.ts'
import { type CutEnds, possibleKeys, withoutKeys } from '#domain/secrets.ts'
import { listKeysAmong } from '#store/bodies.ts'
import type { MonitorRequest } from './guards.ts'

/** `cut`: whether the end of the text was cut off, or which ends were. */
export type Conceal = (text: string, cut: boolean | CutEnds) => string

/** Returns a text unchanged to people who may operate the monitor, and masks the keys in it for everyone else. */
export function concealFor({ db }: Deps, { project, monitor }: Pick<MonitorRequest, 'project' | 'monitor'>): Conceal {
  if (may(project.role, 'operate')) return (text) => text
  return (sent, cut) => {
    // Undeclared UTF-16 has a NUL after each letter, which would hide a key from the search.
    const text = sent.replaceAll(/(?<=[ -~])\0(?=[ -~])/g, '')
    const found = listKeysAmong(db, { projectId: project.id, ...possibleKeys(text) })
    return withoutKeys(text, {
      keys: [project.pingKey, monitor.pingKey, monitor.alias, ...found],
      cut: typeof cut === 'boolean' ? { start: false, end: cut } : cut,
    })
  }
}
