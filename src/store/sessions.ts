import type { User } from '#domain/account.ts'
import { toUser, type UserRow } from './accounts.ts'
import type { Reader, Tx } from './database.ts'

/** A browser in which a user is signed in. */
export interface Session {
  id: string
  userId: string
  /** The project that was shown last. */
  projectId: string | null
  remoteAddress: string | null
  userAgent: string
  createdAt: number
  seenAt: number
  expiresAt: number
}

interface SessionRow {
  id: string
  user_id: string
  project_id: string | null
  remote_address: string | null
  user_agent: string
  created_at: number
  seen_at: number
  expires_at: number
}

interface SessionUserRow extends UserRow {
  session_project_id: string | null
  session_seen_at: number
}

export interface SignedInUser {
  user: User
  session: { id: string; projectId: string | null; seenAt: number }
}

/** The user of a session that has not expired; null when there is none. */
export function findSignedIn(reader: Reader, { id, now }: { id: string; now: number }): SignedInUser | null {
  const row = reader.get<SessionUserRow>(
    `SELECT users.*, sessions.project_id AS session_project_id, sessions.seen_at AS session_seen_at
       FROM sessions JOIN users ON users.id = sessions.user_id
      WHERE sessions.id = $id AND sessions.expires_at > $now`,
    { id, now },
  )
  if (row === null) return null
  return { user: toUser(row), session: { id, projectId: row.session_project_id, seenAt: row.session_seen_at } }
}

/** Most recently seen first. */
export function listSessions(reader: Reader, { userId, now }: { userId: string; now: number }): Session[] {
  return reader
    .all<SessionRow>(
      'SELECT * FROM sessions WHERE user_id = $userId AND expires_at > $now ORDER BY seen_at DESC, created_at DESC',
      { userId, now },
    )
    .map(toSession)
}

export function hasSessions(reader: Reader, user: { userId: string; now: number }): boolean {
  return reader.get('SELECT 1 FROM sessions WHERE user_id = $userId AND expires_at > $now LIMIT 1', user) !== null
}

export function isAddressKnown(
  reader: Reader,
  visitor: { userId: string; remoteAddress: string | null; now: number },
): boolean {
  const known = reader.get(
    `SELECT 1 FROM sessions
      WHERE user_id = $userId AND remote_address IS $remoteAddress AND expires_at > $now`,
    visitor,
  )
  return known !== null
}

export function insertSession(
  tx: Tx,
  session: { id: string; userId: string; remoteAddress: string | null; userAgent: string; expiresAt: number },
): void {
  tx.run(
    `INSERT INTO sessions (id, user_id, remote_address, user_agent, created_at, seen_at, expires_at)
     VALUES ($id, $userId, $remoteAddress, $userAgent, $now, $now, $expiresAt)`,
    { ...session, now: tx.now },
  )
}

/** The session expires at `expiresAt`, but at the latest `lifeMs` after it was created. */
export function saveSessionSeen(tx: Tx, session: { id: string; expiresAt: number; lifeMs: number }): void {
  tx.run('UPDATE sessions SET seen_at = $now, expires_at = min($expiresAt, created_at + $lifeMs) WHERE id = $id', {
    ...session,
    now: tx.now,
  })
}

export function saveSessionProject(tx: Tx, { id, projectId }: { id: string; projectId: string }): void {
  tx.run('UPDATE sessions SET project_id = $projectId WHERE id = $id', { id, projectId })
}

/** Ends one session of this user. Returns whether it existed. */
export function deleteSession(tx: Tx, { id, userId }: { id: string; userId: string }): boolean {
  return tx.run('DELETE FROM sessions WHERE id = $id AND user_id = $userId', { id, userId }) > 0
}

/** Ends all sessions of this user except `keptId`. */
export function deleteSessionsOfUser(tx: Tx, { userId, keptId }: { userId: string; keptId: string | null }): void {
  tx.run('DELETE FROM sessions WHERE user_id = $userId AND id IS NOT $keptId', { userId, keptId })
}

/** Ends all sessions of this user except the `kept` most recently seen. */
export function deleteOldSessions(tx: Tx, { userId, kept }: { userId: string; kept: number }): void {
  tx.run(
    `DELETE FROM sessions
      WHERE user_id = $userId
        AND id NOT IN (SELECT id FROM sessions WHERE user_id = $userId ORDER BY seen_at DESC, rowid DESC LIMIT $kept)`,
    { userId, kept },
  )
}

export function deleteExpiredSessions(tx: Tx, now: number): void {
  tx.run('DELETE FROM sessions WHERE expires_at <= $now', { now })
}

function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    userId: row.user_id,
    projectId: row.project_id,
    remoteAddress: row.remote_address,
    userAgent: row.user_agent,
    createdAt: row.created_at,
    seenAt: row.seen_at,
    expiresAt: row.expires_at,
  }
}
