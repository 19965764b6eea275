// The keys that identify this server to push services (VAPID, RFC 8292).
import { createECDH, hkdfSync } from 'node:crypto'

export interface PushKeys {
  /** As base64url. Browsers tie their subscriptions to it. */
  publicKey: string
  privateKey: string
}

/** Derived from the secret key, so that they outlive a restore and nothing else has to be stored. */
export function derivePushKeys(secretKey: string): PushKeys {
  const privateKey = Buffer.from(hkdfSync('sha256', secretKey, '', 'cronguard web push', 32))
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(privateKey)
  return { publicKey: curve.getPublicKey('base64url'), privateKey: privateKey.toString('base64url') }
}

/** Whether the text is an uncompressed point of the curve P-256, in Base64url. */
export function isPublicKey(text: string): boolean {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== 65 || bytes[0] !== 4) return false
  const own = createECDH('prime256v1')
  own.generateKeys()
  try {
    own.computeSecret(bytes)
    return true
  } catch {
    // It is not on the curve.
    return false
  }
}
