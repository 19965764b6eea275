import pLimit from 'p-limit'
import { AppError } from './errors.ts'
import { newSecretKey } from './tokens.ts'

// OWASP's parameters for argon2id: 19 MiB per hash. Two run at a time, so that many sign-ins at once neither fill the
// memory nor delay pings. Bun hashes on a separate thread.
const COST = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const
const CONCURRENT_MAX = 2
const WAITING_MAX = 50
/** Known browsers get more places in the queue, so that strangers cannot lock them out. */
const KNOWN_WAITING_MAX = 100
const queue = pLimit(CONCURRENT_MAX)

/** Throws too_many when the queue is full. */
export function hashPassword(password: string): Promise<string> {
  return enqueue(() => Bun.password.hash(password, COST))
}

/**
 * Does the same work with and without a hash, so that the time does not reveal who has an account. Throws too_many as
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

// The queue is short, because people who wait longer than a few seconds have left before their turn.
async function enqueue<T>(work: () => Promise<T>, waitingMax = WAITING_MAX): Promise<T> {
  if (queue.pendingCount >= waitingMax) {
    throw new AppError('too_many', 'Too many people are signing in right now. Try again in a minute.')
  }
  return await queue(work)
}

const dummyHash = hashPassword(newSecretKey())
