import pLimit from 'p-limit'
import { AppError } from './errors.ts'
import { newSecretKey } from './tokens.ts'

// OWASP's choice for argon2id: 19 MiB each, and no more than two at a time, so that a rush of people who sign in
// neither fills the memory nor keeps pings waiting. Bun hashes on a thread of its own.
const COST = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const
const CONCURRENT_MAX = 2
const WAITING_MAX = 50
/** Strangers must not keep those out who are known: these wait longer, and there is room for them. */
const KNOWN_WAITING_MAX = 100
const queue = pLimit(CONCURRENT_MAX)

/** Throws too_many when there is a long queue already. */
export function hashPassword(password: string): Promise<string> {
  return enqueue(() => Bun.password.hash(password, COST))
}

/**
 * The same work whether there is a hash or not, so that the time tells nobody who has an account. Throws too_many as
 * `hashPassword` does.
 */
export async function verifyPassword(
  password: string,
  hash: string | null,
  { isKnown = false }: { isKnown?: boolean } = {},
): Promise<boolean> {
  const isComparable = hash?.startsWith('$argon2') === true && password !== ''
  const against = isComparable ? hash : await dummyHash
  const matches = await enqueue(
    () => Bun.password.verify(password || ' ', against),
    isKnown ? KNOWN_WAITING_MAX : WAITING_MAX,
  )
  return isComparable && matches
}

// Whoever would wait longer than a few seconds has gone before it is their turn; a queue of them is nobody's.
async function enqueue<T>(work: () => Promise<T>, waitingMax = WAITING_MAX): Promise<T> {
  if (queue.pendingCount >= waitingMax) {
    throw new AppError('too_many', 'Too many people are signing in at this moment. Try again in a minute.')
  }
  return await queue(work)
}

const dummyHash = hashPassword(newSecretKey())
