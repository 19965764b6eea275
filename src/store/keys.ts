// Finds the current and former owners of ping keys, aliases and badge keys.
import type { Reader, Tx } from './database.ts'

/** The use of a key. Ping keys are UUIDs, aliases and the ping keys of projects. */
export type KeyUse = 'ping' | 'badge'

/** The monitor or project with a key. `monitorId` is null for the key of a project. */
export interface KeyHolder {
  projectId: string
  monitorId: number | null
}

/** The monitors and projects that a ping with one of these spellings of a key would reach. */
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

/** The monitors and projects with this badge key. */
export function listBadgeKeyHolders(reader: Reader, key: string): KeyHolder[] {
  return reader.all<KeyHolder>(
    `SELECT project_id AS projectId, id AS monitorId FROM monitors WHERE badge_key = $key
     UNION
     SELECT id, NULL FROM projects WHERE badge_key = $key`,
    { key },
  )
}

/** Whether another project used this key before. */
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

/** Reserves the keys of a deleted monitor for its project. */
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

/** Reserves the keys of a deleted project and its monitors. */
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

/** Reserves the old ping key of a project that gets a new one. */
export function retirePingKey(tx: Tx, { projectId, newKey }: { projectId: string; newKey: string }): void {
  tx.run(
    `INSERT OR REPLACE INTO retired_keys (use, key, project_id, retired_at)
     SELECT 'ping', ping_key, id, $now FROM projects WHERE id = $projectId AND ping_key <> $newKey`,
    { projectId, newKey, now: tx.now },
  )
}

/** Reserves the old alias of a monitor that gets a new one or none. */
export function retireAlias(tx: Tx, { monitorId, newAlias }: { monitorId: number; newAlias: string }): void {
  tx.run(
    `INSERT OR REPLACE INTO retired_keys (use, key, project_id, retired_at)
     SELECT 'ping', alias, project_id, $now FROM monitors
      WHERE id = $monitorId AND alias IS NOT NULL AND alias <> $newAlias`,
    { monitorId, newAlias, now: tx.now },
  )
}
