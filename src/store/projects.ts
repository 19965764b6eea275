import type { ApiKeyAccess, Project, Role } from '#domain/project.ts'
import type { Reader, Tx } from './database.ts'

interface ProjectRow {
  id: string
  name: string
  ping_key: string
}

export interface ApiKey {
  projectId: string
  access: ApiKeyAccess
}

export function findProject(reader: Reader, id: string): Project | null {
  const row = reader.get<ProjectRow>('SELECT id, name, ping_key FROM projects WHERE id = $id', { id })
  return row && toProject(row)
}

export function findProjectByPingKey(reader: Reader, pingKey: string): Project | null {
  const row = reader.get<ProjectRow>('SELECT id, name, ping_key FROM projects WHERE ping_key = $pingKey', { pingKey })
  return row && toProject(row)
}

/** The projects that a user may see, oldest first: his own one leads. */
export function listProjectsOfUser(reader: Reader, userId: string): Project[] {
  return reader
    .all<ProjectRow>(
      `SELECT projects.id, projects.name, projects.ping_key
         FROM memberships JOIN projects ON projects.id = memberships.project_id
        WHERE memberships.user_id = $userId
        ORDER BY memberships.created_at, projects.rowid`,
      { userId },
    )
    .map(toProject)
}

export function insertProject(tx: Tx, project: Project & { badgeKey: string }): void {
  tx.run(
    `INSERT INTO projects (id, name, ping_key, badge_key, created_at)
     VALUES ($id, $name, $pingKey, $badgeKey, $now)`,
    { ...project, now: tx.now },
  )
}

export function insertMembership(tx: Tx, membership: { projectId: string; userId: string; role: Role }): void {
  tx.run(`INSERT INTO memberships (project_id, user_id, role, created_at) VALUES ($projectId, $userId, $role, $now)`, {
    ...membership,
    now: tx.now,
  })
}

export function insertApiKey(tx: Tx, key: ApiKey & { id: string; hash: string; hint: string }): void {
  tx.run(
    `INSERT INTO api_keys (id, project_id, hash, hint, access, created_at)
     VALUES ($id, $projectId, $hash, $hint, $access, $now)`,
    { ...key, now: tx.now },
  )
}

export function findApiKeyByHash(reader: Reader, hash: string): ApiKey | null {
  return reader.get<ApiKey>('SELECT project_id AS projectId, access FROM api_keys WHERE hash = $hash', { hash })
}

function toProject(row: ProjectRow): Project {
  return { id: row.id, name: row.name, pingKey: row.ping_key }
}
