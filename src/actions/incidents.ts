import type { Deps } from '#deps.ts'
import { type AcknowledgmentLink, type Incident, Note, noteFingerprint } from '#domain/incident.ts'
import { AppError } from '#lib/errors.ts'
import type { Tx } from '#store/database.ts'
import * as store from '#store/incidents.ts'
import { readOnlyField } from './fields.ts'

export interface IncidentRef {
  projectId: string
  incidentId: string
}

export interface Acknowledging extends IncidentRef {
  /** Null when a program acknowledges it, or someone with a link. */
  userId: string | null
  /** Set when someone uses a link in a message. */
  via?: AcknowledgmentLink
  /** Appended to the note. */
  addedNote?: string | undefined
}

/**
 * Acknowledges an incident. Returns false when it was already acknowledged, which stays unchanged. Throws invalid, with
 * the wrong field.
 */
export function acknowledgeIncident(deps: Deps, { userId, via, addedNote, ...ref }: Acknowledging): boolean {
  return deps.db.write((tx) => {
    const { id, monitorId, note } = findOwn(tx, ref)
    if (addedNote) store.saveNote(tx, { id, monitorId, note: readNote(`${note}\n${addedNote}`) })
    return store.acknowledgeIncident(tx, { id, monitorId, userId, via: via ?? null })
  })
}

/** Withdraws the acknowledgment of an incident, even if someone else made it. */
export function withdrawAcknowledgment(deps: Deps, ref: IncidentRef): void {
  deps.db.write((tx) => store.withdrawAcknowledgment(tx, findOwn(tx, ref)))
}

/**
 * Replaces the note. `seen` is the fingerprint of the note that the form showed. Throws invalid, with the wrong field,
 * and conflict when the note has changed since.
 */
export function saveNote(deps: Deps, { note, seen, ...ref }: IncidentRef & { note: string; seen?: string }): void {
  const read = readNote(note)
  deps.db.write((tx) => {
    const { id, monitorId, note: current } = findOwn(tx, ref)
    if (seen && seen !== noteFingerprint(current) && read !== current) {
      throw new AppError(
        'conflict',
        'Someone else changed the note while you were editing it. Your text is still here. ' +
          'Save again to overwrite theirs.',
      )
    }
    store.saveNote(tx, { id, monitorId, note: read })
  })
}

function readNote(note: string): string {
  return readOnlyField('note', Note.safeParse(note))
}

function findOwn(tx: Tx, { projectId, incidentId }: IncidentRef): Pick<Incident, 'id' | 'monitorId' | 'note'> {
  const found = store.findIncident(tx, incidentId)
  if (found === null || found.projectId !== projectId) throw new AppError('not_found', 'Incident not found.')
  const { id, monitorId, note } = found.incident
  return { id, monitorId, note }
}
