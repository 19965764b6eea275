import pLimit from 'p-limit'
import { newSecretKey } from './tokens.ts'

// OWASP's choice for argon2id: 19 MiB each, and no more than two at a time, so that a rush of people who sign in
// neither fills the memory nor keeps pings waiting. Bun hashes on a thread of its own.
const COST = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const
const inTurn = pLimit(2)

export function hashPassword(password: string): Promise<string> {
  return inTurn(() => Bun.password.hash(password, COST))
}

/** The same work whether there is a hash or not, so that the time tells nobody who has an account. */
export async function verifyPassword(password: string, hash: string | null): Promise<boolean> {
  const isComparable = hash?.startsWith('$argon2') === true && password !== ''
  const against = isComparable ? hash : await hashOfNobody
  const matches = await inTurn(() => Bun.password.verify(password || ' ', against))
  return isComparable && matches
}

const hashOfNobody = hashPassword(newSecretKey())
