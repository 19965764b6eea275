import { createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'

const LOWER_CASE = 'abcdefghijklmnopqrstuvwxyz0123456789'
const MIXED_CASE = `ABCDEFGHIJKLMNOPQRSTUVWXYZ${LOWER_CASE}`

/** A random UUID v4: 122 bits. */
export function newUuid(): string {
  return crypto.randomUUID()
}

/** `length` characters of a-z and 0-9: about 5 bits each. */
export function newLowerCaseToken(length: number): string {
  return pick(LOWER_CASE, length)
}

/** `length` characters of A-Z, a-z and 0-9: about 6 bits each. */
export function newMixedCaseToken(length: number): string {
  return pick(MIXED_CASE, length)
}

/** 32 random bytes as hex. */
export function newSecretKey(): string {
  return randomBytes(32).toString('hex')
}

export function sha1Hex(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}

export function sha256Hex(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

export function hmacSha256Hex(secret: string, content: string): string {
  return createHmac('sha256', secret).update(content).digest('hex')
}

/** 43 characters of A-Z, a-z, 0-9, - and _, safe in URLs. */
export function hmacSha256Base64Url(secret: string, content: string): string {
  return createHmac('sha256', secret).update(content).digest('base64url')
}

/** Compares in constant time, so that the time does not reveal how much of a guess is right. */
export function isSameText(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256Hex(a)), Buffer.from(sha256Hex(b)))
}

function pick(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

/** The same UUID for the same text. */
export function uuidOf(text: string): string {
  const hex = sha256Hex(text)
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
