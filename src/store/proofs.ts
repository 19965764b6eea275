// When a channel last worked: tests that are sent every week, and messages that were accepted.
import { HOUR } from '#lib/duration.ts'
import type { Reader, Tx } from './database.ts'

/** Records that a message was accepted, at most once an hour. */
export function noteProof(tx: Tx, channelId: string): void {
  tx.run(
    `UPDATE channels SET proved_at = $now
      WHERE id = $channelId AND (proved_at IS NULL OR proved_at NOT BETWEEN $now - ${HOUR} AND $now)`,
    { channelId, now: tx.now },
  )
}

/** `problem`: what went wrong; null if the test arrived. */
export function saveDrill(tx: Tx, { channelId, problem }: { channelId: string; problem: string | null }): void {
  tx.run('UPDATE channels SET drilled_at = $now, drill_problem = $problem WHERE id = $channelId', {
    channelId,
    problem,
    now: tx.now,
  })
}

/** The enabled channels whose last weekly test was before that, or that were created before. */
export function listDrillsDue(reader: Reader, before: number): { projectId: string; channelId: string }[] {
  return reader.all(
    `SELECT project_id AS projectId, id AS channelId FROM channels
      WHERE drills = 1 AND disabled_at IS NULL AND unconfirmed_since IS NULL
        AND coalesce(drilled_at, created_at) <= $before
      ORDER BY coalesce(drilled_at, created_at)`,
    { before },
  )
}
