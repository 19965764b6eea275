import type { LinkPurpose, MailPreferences, Theme, User } from '#domain/account.ts'
import type { Reader, Tx } from './database.ts'

export interface UserRow {
  id: string
  email: string
  name: string
  is_admin: number
  time_zone: string
  theme: Theme
  mails_sign_ins: number
  mails_failures: number
  mails_warnings: number
  email_verified_at: number | null
  created_at: number
}

const COLUMNS = `
  users.id, users.email, users.name, users.is_admin, users.time_zone, users.theme, users.mails_sign_ins,
  users.mails_failures, users.mails_warnings, users.email_verified_at, users.created_at`

export function findUser(reader: Reader, id: string): User | null {
  const row = reader.get<UserRow>(`SELECT ${COLUMNS} FROM users WHERE id = $id`, { id })
  return row && toUser(row)
}

export function findUserByEmail(reader: Reader, email: string): User | null {
  const row = reader.get<UserRow>(`SELECT ${COLUMNS} FROM users WHERE email = $email`, { email })
  return row && toUser(row)
}

/** Null if the user does not exist or has no password. */
export function findPasswordHash(reader: Reader, userId: string): string | null {
  const row = reader.get<{ password_hash: string | null }>('SELECT password_hash FROM users WHERE id = $userId', {
    userId,
  })
  return row?.password_hash ?? null
}

export function listUsers(reader: Reader): User[] {
  return reader.all<UserRow>(`SELECT ${COLUMNS} FROM users ORDER BY created_at, rowid`).map(toUser)
}

export function hasUsers(reader: Reader): boolean {
  return reader.get('SELECT 1 FROM users LIMIT 1') !== null
}

export interface NewUserRow {
  id: string
  email: string
  name: string
  passwordHash: string
  isAdmin: boolean
  timeZone: string
  emailVerifiedAt: number | null
}

export function insertUser(tx: Tx, user: NewUserRow): void {
  tx.run(
    `INSERT INTO users (id, email, name, password_hash, is_admin, time_zone, email_verified_at, created_at)
     VALUES ($id, $email, $name, $passwordHash, $isAdmin, $timeZone, $emailVerifiedAt, $now)`,
    { ...user, now: tx.now },
  )
}

export function saveProfile(tx: Tx, profile: { userId: string; name: string; timeZone: string }): void {
  tx.run('UPDATE users SET name = $name, time_zone = $timeZone WHERE id = $userId', profile)
}

export function saveTheme(tx: Tx, { userId, theme }: { userId: string; theme: Theme }): void {
  tx.run('UPDATE users SET theme = $theme WHERE id = $userId', { userId, theme })
}

export function saveMailPreferences(tx: Tx, { userId, mails }: { userId: string; mails: MailPreferences }): void {
  tx.run(
    `UPDATE users SET mails_sign_ins = $signIns, mails_failures = $failures, mails_warnings = $warnings
      WHERE id = $userId`,
    { userId, ...mails },
  )
}

export function savePasswordHash(tx: Tx, { userId, passwordHash }: { userId: string; passwordHash: string }): void {
  tx.run('UPDATE users SET password_hash = $passwordHash WHERE id = $userId', { userId, passwordHash })
}

/** `verifiedAt` is null while the address is not verified. */
export function saveEmail(
  tx: Tx,
  { userId, email, verifiedAt }: { userId: string; email: string; verifiedAt: number | null },
): void {
  tx.run('UPDATE users SET email = $email, email_verified_at = $verifiedAt WHERE id = $userId', {
    userId,
    email,
    verifiedAt,
  })
}

export function deleteUser(tx: Tx, id: string): void {
  tx.run('DELETE FROM users WHERE id = $id', { id })
}

/** An emailed link. Only the hash of its token is stored. */
export interface MailedLink {
  hash: string
  userId: string
  purpose: LinkPurpose
  email: string
  createdAt: number
  expiresAt: number
}

interface MailedLinkRow {
  hash: string
  user_id: string
  purpose: LinkPurpose
  email: string
  created_at: number
  expires_at: number
}

/** Keeps the newest `kept` links of this purpose, so that requesting another does not invalidate the previous one. */
export function insertMailedLink(tx: Tx, { kept, ...link }: Omit<MailedLink, 'createdAt'> & { kept: number }): void {
  tx.run(
    `INSERT INTO mailed_links (hash, user_id, purpose, email, created_at, expires_at)
     VALUES ($hash, $userId, $purpose, $email, $now, $expiresAt)`,
    { ...link, now: tx.now },
  )
  tx.run(
    `DELETE FROM mailed_links
      WHERE user_id = $userId AND purpose = $purpose
        AND hash NOT IN (
              SELECT hash FROM mailed_links
               WHERE user_id = $userId AND purpose = $purpose
               ORDER BY created_at DESC, hash = $hash DESC
               LIMIT $kept)`,
    { userId: link.userId, purpose: link.purpose, hash: link.hash, kept },
  )
}

export function findMailedLink(reader: Reader, hash: string): MailedLink | null {
  const row = reader.get<MailedLinkRow>('SELECT * FROM mailed_links WHERE hash = $hash', { hash })
  return row && toMailedLink(row)
}

/** The new address that a user asked for and has not confirmed yet. */
export function findPendingEmail(reader: Reader, { userId, now }: { userId: string; now: number }): string | null {
  const row = reader.get<{ email: string }>(
    `SELECT mailed_links.email
       FROM mailed_links JOIN users ON users.id = mailed_links.user_id
      WHERE user_id = $userId AND purpose = 'verify-email' AND expires_at > $now AND mailed_links.email <> users.email`,
    { userId, now },
  )
  return row?.email ?? null
}

export function deleteMailedLinks(tx: Tx, { userId, purpose }: { userId: string; purpose: LinkPurpose }): void {
  tx.run('DELETE FROM mailed_links WHERE user_id = $userId AND purpose = $purpose', { userId, purpose })
}

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    isAdmin: row.is_admin === 1,
    timeZone: row.time_zone,
    theme: row.theme,
    mails: {
      signIns: row.mails_sign_ins === 1,
      failures: row.mails_failures === 1,
      warnings: row.mails_warnings === 1,
    },
    emailVerifiedAt: row.email_verified_at,
    createdAt: row.created_at,
  }
}

function toMailedLink(row: MailedLinkRow): MailedLink {
  return {
    hash: row.hash,
    userId: row.user_id,
    purpose: row.purpose,
    email: row.email,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}
