// Masks a secret in the text of others, also if it is encoded.
export const MASK = '********'

const BASE64_RUN = /[A-Za-z0-9+/_-]{4,}={0,2}/g

/** Returns a function that masks the secret: as it is, as base64 or hex, or encoded for a URL, in any case. */
export function createSecretMask(secret: string | null): (text: string) => string {
  if (secret === null || secret === '') return (text) => text
  const hex = Buffer.from(secret).toString('hex')
  const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), hex]
  const pattern = new RegExp(forms.map((form) => RegExp.escape(form)).join('|'), 'gi')
  // A run that begins with other text, like "user:password", is decoded as a whole.
  const hides = (run: string): boolean => Buffer.from(run, 'base64').toString('utf8').includes(secret)
  return (text) => text.replace(pattern, MASK).replace(BASE64_RUN, (run) => (hides(run) ? MASK : run))
}
