// Who has a key, and who had it: of monitors and projects, for pings and for badges.
import type { Reader, Tx } from './database.ts'

/** What a key is for. Keys for pings are UUIDs, aliases and the ping keys of projects. */
export type KeyUse = 'ping' | 'badge'

/** Null: it is the key of the project itself. */
export interface KeyHolder {
  projectId: string
  monitorId: number | null
}

/** Who can be pinged by a key, in one of the ways in which it can be written. */
export function listPingKeyHolders(reader: Reader, spellings: readonly string[]): KeyHolder[] {
  return reader.all<KeyHolder>(
    `SELECT project_id AS projectId, id AS monitorId FROM monitors
      WHERE ping_key IN (SELECT value FROM json_each($spellings))
     UNION
     SELECT project_id, id FROM monitors WHERE alias IN (SELECT value FROM json_each($spellings))
     UNION
     SELECT id, NULL FROM projects WHERE ping_key IN (SELECT value FROM json_each($spellings))`,
    { spellings: JSON.stringify(spellings) },
  )
}

/** Whose badge has this key. */
export function listBadgeKeyHolders(reader: Reader, key: string): KeyHolder[] {
  return reader.all<KeyHolder>(
    `SELECT project_id AS projectId, id AS monitorId FROM monitors WHERE badge_key = $key
     UNION
     SELECT id, NULL FROM projects WHERE badge_key = $key`,
    { key },
  )
}

/** Whether another project had this key. */
export function wasUsedByAnotherProject(
  reader: Reader,
  { use, spellings, projectId }: { use: KeyUse; spellings: readonly string[]; projectId: string },
): boolean {
  const row = reader.get(
    `SELECT 1 FROM retired_keys
      WHERE use = $use AND key IN (SELECT value FROM json_each($spellings)) AND project_id <> $projectId
      LIMIT 1`,
    { use, spellings: JSON.stringify(spellings), projectId },
  )
  return row !== null
}

/** Remembers whose the keys of a monitor were. */
export function retireMonitorKeys(tx: Tx, monitorId: number): void {
  tx.run(
    `INSERT OR REPLACE INTO retired_keys (use, key, project_id, retired_at)
     SELECT 'ping', ping_key, project_id, $now FROM monitors WHERE id = $monitorId
     UNION ALL
     SELECT 'ping', alias, project_id, $now FROM monitors WHERE id = $monitorId AND alias IS NOT NULL
     UNION ALL
     SELECT 'badge', badge_key, project_id, $now FROM monitors WHERE id = $monitorId`,
    { monitorId, now: tx.now },
  )
}

/** Remembers whose the keys of a project and of its monitors were. */
export function retireProjectKeys(tx: Tx, projectId: string): void {
  tx.run(
    `INSERT OR REPLACE INTO retired_keys (use, key, project_id, retired_at)
     SELECT 'ping', ping_key, id, $now FROM projects WHERE id = $projectId
     UNION ALL
     SELECT 'badge', badge_key, id, $now FROM projects WHERE id = $projectId
     UNION ALL
     SELECT 'ping', ping_key, project_id, $now FROM monitors WHERE project_id = $projectId
     UNION ALL
     SELECT 'ping', alias, project_id, $now FROM monitors WHERE project_id = $projectId AND alias IS NOT NULL
     UNION ALL
     SELECT 'badge', badge_key, project_id, $now FROM monitors WHERE project_id = $projectId`,
    { projectId, now: tx.now },
  )
}

/** Remembers whose the ping key of a project was that gets another one. */
export function retirePingKey(tx: Tx, { projectId, newKey }: { projectId: string; newKey: string }): void {
  tx.run(
    `INSERT OR REPLACE INTO retired_keys (use, key, project_id, retired_at)
     SELECT 'ping', ping_key, id, $now FROM projects WHERE id = $projectId AND ping_key <> $newKey`,
    { projectId, newKey, now: tx.now },
  )
}

/** Remembers whose the alias of a monitor was that gets another one, or none. */
export function retireAlias(tx: Tx, { monitorId, newAlias }: { monitorId: number; newAlias: string }): void {
  tx.run(
    `INSERT OR REPLACE INTO retired_keys (use, key, project_id, retired_at)
     SELECT 'ping', alias, project_id, $now FROM monitors
      WHERE id = $monitorId AND alias IS NOT NULL AND alias <> $newAlias`,
    { monitorId, newAlias, now: tx.now },
  )
}
