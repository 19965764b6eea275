import type { Deps } from '#deps.ts'
import { type Incident, Note, noteFingerprint } from '#domain/incident.ts'
import { AppError } from '#lib/errors.ts'
import { type FieldProblems, readField, throwProblems } from '#lib/fields.ts'
import type { Tx } from '#store/database.ts'
import * as store from '#store/incidents.ts'

export interface IncidentRef {
  projectId: string
  incidentId: string
}

export interface Acknowledging extends IncidentRef {
  /** Null: a program does it. */
  userId: string | null
  /** Written below what is noted already. */
  addedNote?: string | undefined
}

/**
 * Takes the incident in hand. Says whether it was free: whoever was first keeps it. Throws invalid with the field at
 * fault, and then nothing is done.
 */
export function acknowledgeIncident(deps: Deps, { userId, addedNote, ...ref }: Acknowledging): boolean {
  return deps.db.write((tx) => {
    const { id, monitorId, note } = findOwn(tx, ref)
    if (addedNote) store.saveNote(tx, { id, monitorId, note: readNote(`${note}\n${addedNote}`) })
    return store.acknowledgeIncident(tx, { id, monitorId, userId })
  })
}

/** Gives it back to everybody, whoever had it. */
export function withdrawAcknowledgment(deps: Deps, ref: IncidentRef): void {
  deps.db.write((tx) => store.withdrawAcknowledgment(tx, findOwn(tx, ref)))
}

/**
 * Replaces the note. Throws invalid with the field at fault, and conflict when the note is not any more what `seen` is
 * the fingerprint of.
 */
export function saveNote(deps: Deps, { note, seen, ...ref }: IncidentRef & { note: string; seen?: string }): void {
  const read = readNote(note)
  deps.db.write((tx) => {
    const { id, monitorId, note: current } = findOwn(tx, ref)
    if (seen && seen !== noteFingerprint(current) && read !== current) {
      throw new AppError(
        'conflict',
        'Somebody else changed the note while you were writing. Your words are still here: save them again, and they ' +
          'replace it.',
      )
    }
    store.saveNote(tx, { id, monitorId, note: read })
  })
}

function readNote(note: string): string {
  const fields: FieldProblems = {}
  const read = readField(fields, 'note', Note.safeParse(note), '')
  throwProblems(fields)
  return read
}

function findOwn(tx: Tx, { projectId, incidentId }: IncidentRef): Pick<Incident, 'id' | 'monitorId' | 'note'> {
  const found = store.findIncident(tx, incidentId)
  if (found === null || found.projectId !== projectId) throw new AppError('not_found', 'Incident not found.')
  const { id, monitorId, note } = found.incident
  return { id, monitorId, note }
}
