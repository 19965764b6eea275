// Masks secrets in the text of pings for people who may not ping.
import { redactorFor } from '#actions/redaction.ts'
import type { Deps } from '#deps.ts'
import { may, type OwnProject } from '#domain/project.ts'
import type { CutEnds } from '#domain/secrets.ts'

/** `cut`: whether the end of the text was cut off, or which ends were. */
export type Conceal = (text: string, cut: boolean | CutEnds) => string

/** Returns a text unchanged to people who may operate the monitor, and masks the secrets in it for everyone else. */
export function concealFor({ db }: Deps, { project }: { project: OwnProject }): Conceal {
  if (may(project.role, 'operate')) return (text) => text
  const redacted = redactorFor(db, project.id)
  return (text, cut) => redacted(text, typeof cut === 'boolean' ? { start: false, end: cut } : cut)
}
