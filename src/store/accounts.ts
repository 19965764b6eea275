import type { User } from '#domain/account.ts'
import type { Reader, Tx } from './database.ts'

interface UserRow {
  id: string
  email: string
  is_admin: number
  created_at: number
}

export function findUserByEmail(reader: Reader, email: string): User | null {
  const row = reader.get<UserRow>('SELECT id, email, is_admin, created_at FROM users WHERE email = $email', { email })
  return row && toUser(row)
}

export function countUsers(reader: Reader): number {
  return reader.get<{ count: number }>('SELECT count(*) AS count FROM users')?.count ?? 0
}

export function insertUser(tx: Tx, user: Omit<User, 'createdAt'> & { passwordHash: string }): void {
  tx.run(
    `INSERT INTO users (id, email, password_hash, is_admin, created_at)
     VALUES ($id, $email, $passwordHash, $isAdmin, $now)`,
    { ...user, now: tx.now },
  )
}

function toUser(row: UserRow): User {
  return { id: row.id, email: row.email, isAdmin: row.is_admin === 1, createdAt: row.created_at }
}
