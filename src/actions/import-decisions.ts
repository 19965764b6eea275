// What an import does with one item, and how it is undone.
import type { Reader, Tx } from '#store/database.ts'

/** `skipped` is a new channel whose secrets the export lacks. */
export type ImportOutcome = 'created' | 'changed' | 'unchanged' | 'skipped'

export interface ImportedItem {
  what: 'project' | 'channel' | 'monitor' | 'maintenance'
  name: string
  project: string
  projectId: string
  outcome: ImportOutcome
  /** A note for the person who imports it. */
  note?: string
}

export type Undo = (tx: Tx) => void

export interface ImportStep {
  /** Returns what would be done. Throws when it is not possible. */
  plan(reader: Reader): ImportedItem
  /** Decides again and applies the change. Returns a function that undoes it. */
  apply(tx: Tx): Undo
}

/** What to do for one item, and how. */
export interface Decision {
  outcome: ImportOutcome
  note?: string
  apply(tx: Tx): Undo
}

export const noUndo: Undo = () => {}
export const noChange = (outcome: ImportOutcome): Decision => ({ outcome, apply: () => noUndo })
