import type { ApiKeyAccess, Invitation, InvitedRole, Member, OwnProject, Project, Role } from '#domain/project.ts'
import type { Reader, Tx } from './database.ts'
import { retirePingKey, retireProjectKeys } from './keys.ts'

interface ProjectRow {
  id: string
  name: string
  ping_key: string
}

export interface ApiKey {
  projectId: string
  access: ApiKeyAccess
  /** Null if the user's account was deleted. */
  createdBy: string | null
}

export function findProject(reader: Reader, id: string): Project | null {
  const row = reader.get<ProjectRow>('SELECT id, name, ping_key FROM projects WHERE id = $id', { id })
  return row && toProject(row)
}

/** The words that messages and viewers don't see. */
export function findHiddenWords(reader: Reader, projectId: string): string[] {
  const row = reader.get<{ words: string }>('SELECT hidden_words AS words FROM projects WHERE id = $projectId', {
    projectId,
  })
  return row === null || row.words === '' ? [] : row.words.split('\n')
}

/** One word a line. */
export function saveHiddenWords(tx: Tx, { projectId, words }: { projectId: string; words: string }): void {
  tx.run('UPDATE projects SET hidden_words = $words WHERE id = $projectId', { projectId, words })
}

export function findProjectByPingKey(reader: Reader, pingKey: string): Project | null {
  const row = reader.get<ProjectRow>('SELECT id, name, ping_key FROM projects WHERE ping_key = $pingKey', { pingKey })
  return row && toProject(row)
}

/** The projects with this ping key in lower case, at most two. */
export function listProjectsByPingKeyInAnyCase(reader: Reader, pingKey: string): Project[] {
  return reader
    .all<ProjectRow>('SELECT id, name, ping_key FROM projects WHERE ping_key = $pingKey COLLATE NOCASE LIMIT 2', {
      pingKey,
    })
    .map(toProject)
}

export function findProjectByBadgeKey(reader: Reader, badgeKey: string): Project | null {
  const row = reader.get<ProjectRow>('SELECT id, name, ping_key FROM projects WHERE badge_key = $badgeKey', {
    badgeKey,
  })
  return row && toProject(row)
}

/** The key of the project's public badges. */
export function badgeKeyOf(reader: Reader, projectId: string): string {
  const row = reader.get<{ badge_key: string }>('SELECT badge_key FROM projects WHERE id = $projectId', { projectId })
  if (row === null) throw new Error('Project not found.')
  return row.badge_key
}

/** All projects, oldest first. */
export function listProjects(reader: Reader): Project[] {
  return reader.all<ProjectRow>('SELECT id, name, ping_key FROM projects ORDER BY created_at, rowid').map(toProject)
}

/** The projects of a user, their own first, then oldest first. */
export function listProjectsOfUser(reader: Reader, userId: string): OwnProject[] {
  return reader
    .all<ProjectRow & { role: Role }>(
      `SELECT projects.id, projects.name, projects.ping_key, memberships.role
         FROM memberships JOIN projects ON projects.id = memberships.project_id
        WHERE memberships.user_id = $userId
        ORDER BY memberships.created_at, projects.rowid`,
      { userId },
    )
    .map((row) => ({ ...toProject(row), role: row.role }))
}

/** The time zone of the member with this email address. Null if no member has it. */
export function findZoneOfMember(
  reader: Reader,
  { projectId, email }: { projectId: string; email: string },
): string | null {
  const row = reader.get<{ time_zone: string }>(
    `SELECT users.time_zone
       FROM users JOIN memberships ON memberships.user_id = users.id
      WHERE users.email = $email AND memberships.project_id = $projectId`,
    { projectId, email },
  )
  return row?.time_zone ?? null
}

/** Whether a member of the project signs in with this address. */
export function isMemberAddress(reader: Reader, { projectId, email }: { projectId: string; email: string }): boolean {
  return findZoneOfMember(reader, { projectId, email }) !== null
}

/** Whether a member of the project has confirmed this address as their own. */
export function isVerifiedMember(reader: Reader, { projectId, email }: { projectId: string; email: string }): boolean {
  const found = reader.get(
    `SELECT 1
       FROM users JOIN memberships ON memberships.user_id = users.id
      WHERE users.email = $email AND users.email_verified_at IS NOT NULL AND memberships.project_id = $projectId`,
    { projectId, email },
  )
  return found !== null
}

/** The IDs of the empty projects with this name whose only member is this user. */
export function listUntouchedProjects(reader: Reader, { userId, name }: { userId: string; name: string }): string[] {
  const rows = reader.all<{ id: string }>(
    `SELECT id FROM projects
      WHERE name = $name
        AND (SELECT group_concat(user_id) FROM memberships WHERE project_id = projects.id) = $userId
        AND NOT EXISTS (SELECT 1 FROM monitors WHERE project_id = projects.id)
        AND NOT EXISTS (SELECT 1 FROM channels WHERE project_id = projects.id)
        AND NOT EXISTS (SELECT 1 FROM api_keys WHERE project_id = projects.id)
        AND NOT EXISTS (SELECT 1 FROM invitations WHERE project_id = projects.id)
      ORDER BY created_at, rowid`,
    { userId, name },
  )
  return rows.map(({ id }) => id)
}

/** The project with this user's role. Null if the user is not a member, or the project does not exist. */
export function findOwnProject(
  reader: Reader,
  { projectId, userId }: { projectId: string; userId: string },
): OwnProject | null {
  const row = reader.get<ProjectRow & { role: Role }>(
    `SELECT projects.id, projects.name, projects.ping_key, memberships.role
       FROM memberships JOIN projects ON projects.id = memberships.project_id
      WHERE memberships.project_id = $projectId AND memberships.user_id = $userId`,
    { projectId, userId },
  )
  return row && { ...toProject(row), role: row.role }
}

/** Owners first, then the longest members. */
export function listMembers(reader: Reader, projectId: string): Member[] {
  return reader.all<Member>(
    `SELECT users.id AS userId, users.email, users.name, memberships.role, memberships.created_at AS since
       FROM memberships JOIN users ON users.id = memberships.user_id
      WHERE memberships.project_id = $projectId
      ORDER BY memberships.role <> 'owner', memberships.created_at, users.rowid`,
    { projectId },
  )
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

export function saveProjectName(tx: Tx, { projectId, name }: { projectId: string; name: string }): void {
  tx.run('UPDATE projects SET name = $name WHERE id = $projectId', { projectId, name })
}

export function saveProjectPingKey(tx: Tx, { projectId, pingKey }: { projectId: string; pingKey: string }): void {
  retirePingKey(tx, { projectId, newKey: pingKey })
  tx.run('UPDATE projects SET ping_key = $pingKey WHERE id = $projectId', { projectId, pingKey })
}

/** The number of monitors created by pings to a project, and since when they are counted. */
export interface Provisioned {
  count: number
  since: number
}

export function findProvisioned(reader: Reader, projectId: string): Provisioned {
  const found = reader.get<Provisioned>(
    'SELECT provisioned AS count, provisioned_since AS since FROM projects WHERE id = $projectId',
    { projectId },
  )
  return found ?? { count: 0, since: 0 }
}

export function saveProvisioned(tx: Tx, { projectId, count, since }: Provisioned & { projectId: string }): void {
  tx.run('UPDATE projects SET provisioned = $count, provisioned_since = $since WHERE id = $projectId', {
    projectId,
    count,
    since,
  })
}

export function deleteProject(tx: Tx, id: string): void {
  retireProjectKeys(tx, id)
  tx.run('DELETE FROM projects WHERE id = $id', { id })
}

export function saveRole(tx: Tx, membership: { projectId: string; userId: string; role: Role }): void {
  tx.run('UPDATE memberships SET role = $role WHERE project_id = $projectId AND user_id = $userId', membership)
}

export function deleteMembership(tx: Tx, membership: { projectId: string; userId: string }): void {
  tx.run('DELETE FROM memberships WHERE project_id = $projectId AND user_id = $userId', membership)
}

interface InvitationRow {
  id: string
  project_id: string
  role: InvitedRole
  email: string | null
  invited_by: string | null
  created_at: number
  expires_at: number
}

export function insertInvitation(tx: Tx, invitation: Omit<Invitation, 'createdAt'>): void {
  tx.run(
    `INSERT INTO invitations (id, project_id, role, email, invited_by, created_at, expires_at)
     VALUES ($id, $projectId, $role, $email, $invitedBy, $now, $expiresAt)`,
    { ...invitation, now: tx.now },
  )
}

export function findInvitation(reader: Reader, id: string): Invitation | null {
  const row = reader.get<InvitationRow>('SELECT * FROM invitations WHERE id = $id', { id })
  return row && toInvitation(row)
}

/** Newest first. */
export function listInvitations(reader: Reader, projectId: string): Invitation[] {
  return reader
    .all<InvitationRow>(
      'SELECT * FROM invitations WHERE project_id = $projectId ORDER BY created_at DESC, rowid DESC',
      {
        projectId,
      },
    )
    .map(toInvitation)
}

export function deleteInvitation(tx: Tx, id: string): void {
  tx.run('DELETE FROM invitations WHERE id = $id', { id })
}

/** The open invitations of a user who may no longer invite. */
export function deleteInvitationsBy(tx: Tx, { projectId, userId }: { projectId: string; userId: string }): void {
  tx.run('DELETE FROM invitations WHERE project_id = $projectId AND invited_by = $userId', { projectId, userId })
}

export function deleteExpiredInvitations(tx: Tx, projectId: string): void {
  tx.run('DELETE FROM invitations WHERE project_id = $projectId AND expires_at <= $now', { projectId, now: tx.now })
}

/** An API key without the key itself. */
export interface ApiKeyRecord extends ApiKey {
  id: string
  name: string
  /** Its first characters. */
  hint: string
  createdAt: number
  maker: ApiKeyMaker | null
}

export interface ApiKeyMaker {
  name: string
  email: string
  isMember: boolean
}

export function insertApiKey(tx: Tx, key: Omit<ApiKeyRecord, 'createdAt' | 'maker'> & { hash: string }): void {
  tx.run(
    `INSERT INTO api_keys (id, project_id, name, hash, hint, access, created_by, created_at)
     VALUES ($id, $projectId, $name, $hash, $hint, $access, $createdBy, $now)`,
    { ...key, now: tx.now },
  )
}

interface ApiKeyRow extends Omit<ApiKeyRecord, 'maker'> {
  makerName: string | null
  makerEmail: string | null
  isMember: number
}

/** Newest first. */
export function listApiKeys(reader: Reader, projectId: string): ApiKeyRecord[] {
  return reader
    .all<ApiKeyRow>(
      `SELECT api_keys.id, api_keys.project_id AS projectId, api_keys.name, hint, access, created_by AS createdBy,
              api_keys.created_at AS createdAt, users.name AS makerName, users.email AS makerEmail,
              memberships.user_id IS NOT NULL AS isMember
         FROM api_keys
         LEFT JOIN users ON users.id = created_by
         LEFT JOIN memberships ON memberships.project_id = api_keys.project_id AND memberships.user_id = created_by
        WHERE api_keys.project_id = $projectId
        ORDER BY api_keys.created_at DESC, api_keys.rowid DESC`,
      { projectId },
    )
    .map(toApiKey)
}

/** Deletes the keys of this project that a user created, except those in `keptIds`. */
export function deleteApiKeysBy(
  tx: Tx,
  { keptIds, ...maker }: { projectId: string; userId: string; keptIds: readonly string[] },
): void {
  tx.run(
    `DELETE FROM api_keys
      WHERE project_id = $projectId AND created_by = $userId AND id NOT IN (SELECT value FROM json_each($keptIds))`,
    { ...maker, keptIds: JSON.stringify(keptIds) },
  )
}

/** Deletes one key of this project. Returns whether it existed. */
export function deleteApiKey(tx: Tx, { id, projectId }: { id: string; projectId: string }): boolean {
  return tx.run('DELETE FROM api_keys WHERE id = $id AND project_id = $projectId', { id, projectId }) > 0
}

export function findApiKeyByHash(reader: Reader, hash: string): ApiKey | null {
  return reader.get<ApiKey>(
    'SELECT project_id AS projectId, access, created_by AS createdBy FROM api_keys WHERE hash = $hash',
    { hash },
  )
}

function toApiKey({ makerName, makerEmail, isMember, ...key }: ApiKeyRow): ApiKeyRecord {
  const maker = makerEmail === null ? null : { name: makerName ?? '', email: makerEmail, isMember: isMember === 1 }
  return { ...key, maker }
}

function toProject(row: ProjectRow): Project {
  return { id: row.id, name: row.name, pingKey: row.ping_key }
}

function toInvitation(row: InvitationRow): Invitation {
  return {
    id: row.id,
    projectId: row.project_id,
    role: row.role,
    email: row.email,
    invitedBy: row.invited_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}
