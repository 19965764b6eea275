// Tokens of links that act without a sign-in. A token holds only ids and an expiry; the signature also covers facts
// that the server reads again, such as the address of a channel, so that the link stops working when they change.
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { SECOND } from './duration.ts'

const ID_BYTES = 16
const EXPIRY_BYTES = 4
const MAC_BYTES = 16
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

export interface SignedLink {
  /** UUIDs. */
  ids: readonly string[]
  /** In whole seconds; rounded down. */
  expiresAt: number
}

interface Signing {
  secret: string
  /** Links of one purpose don't work for another. */
  purpose: string
  /** A fact that is signed but not part of the token. */
  fact: string
}

/** About 50 characters of A-Z, a-z, 0-9, - and _ for one id, 70 for two. */
export function signLink(signing: Signing, { ids, expiresAt }: SignedLink): string {
  const expiry = Buffer.alloc(EXPIRY_BYTES)
  expiry.writeUInt32BE(Math.floor(expiresAt / SECOND))
  const content = Buffer.concat([...ids.map(bytesOf), expiry])
  return Buffer.concat([content, macOf(signing, content)]).toString('base64url')
}

/** The content of a token. It may be forged, so check it with `isSigned`. Null if the text isn't a token. */
export function readLink(token: string, idCount: number): SignedLink | null {
  const bytes = Buffer.from(token, 'base64url')
  const isWhole = bytes.length === idCount * ID_BYTES + EXPIRY_BYTES + MAC_BYTES
  // Other spellings of the same bytes are refused, so that each link has one token.
  if (!isWhole || bytes.toString('base64url') !== token) return null
  const ids = Array.from({ length: idCount }, (_, index) => uuidOf(bytes.subarray(index * ID_BYTES)))
  return { ids, expiresAt: bytes.readUInt32BE(idCount * ID_BYTES) * SECOND }
}

/** Whether this server made the token, for this purpose and while the fact was the same. */
export function isSigned(signing: Signing, token: string): boolean {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length <= MAC_BYTES) return false
  const content = bytes.subarray(0, -MAC_BYTES)
  return timingSafeEqual(macOf(signing, content), bytes.subarray(-MAC_BYTES))
}

function macOf({ secret, purpose, fact }: Signing, content: Uint8Array): Buffer {
  const key = Buffer.from(hkdfSync('sha256', secret, '', `cronguard signed link: ${purpose}`, 32))
  return createHmac('sha256', key).update(content).update(fact).digest().subarray(0, MAC_BYTES)
}

function bytesOf(id: string): Buffer {
  if (!UUID.test(id)) throw new Error('A signed link holds UUIDs only.')
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}

function uuidOf(bytes: Buffer): string {
  const hex = bytes.subarray(0, ID_BYTES).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
