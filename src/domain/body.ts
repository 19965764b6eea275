// How the bytes of a ping's body become text.

/** What is needed to read a body. */
export interface BodyCoding {
  /** Null: UTF-8, or not said. */
  charset: string | null
  /** Null: the bytes are not compressed. */
  encoding: string | null
}

export const PLAIN_BODY: BodyCoding = { charset: null, encoding: null }

/** What the body of a ping says where its bytes alone don't tell. */
export interface BodyReading extends BodyCoding {
  /** The text of a compressed body, up to the limit of bodies. */
  text: string | null
  /** What a mail says; null: it was not read yet, or is no mail. */
  mail: KeptMail | null
  /** How much the body held that is no longer kept, because newer ones needed the room. */
  droppedBytes?: number | null
}

/** What is kept of a mail that was read: as much of it as a page shows. */
export interface KeptMail {
  subject: string
  parts: { name: 'Text' | 'HTML'; text: string }[]
  /** It asks its reader to follow a link to confirm something. */
  asksToConfirm: boolean
}

const UTF_8 = new TextDecoder()

const CHARSET_MAX = 40
const CHARSET = /;\s*charset\s*=\s*"?([A-Za-z0-9_:.+-]+)/i

/** The charset that a Content-Type declares; null for UTF-8 and for one that is unknown. */
export function charsetOf(contentType: string | null): string | null {
  const name = CHARSET.exec(contentType ?? '')?.[1]?.toLowerCase() ?? ''
  if (name === '' || name.length > CHARSET_MAX) return null
  const decoder = decoderFor(name)
  return decoder === null || decoder.encoding === 'utf-8' ? null : name
}

/**
 * As text. A body may be cut in the middle of a character or be no text at all: that must not lose the ping. A byte
 * order mark counts more than the declared charset.
 */
export function decodeBody(body: Uint8Array, charset: string | null = null): string {
  const named = byteOrderOf(body) ?? charset
  return ((named === null ? null : decoderFor(named)) ?? UTF_8).decode(body)
}

/** Whether it begins as UTF-16 does. */
export function hasWideCharacters(body: Uint8Array): boolean {
  return byteOrderOf(body)?.startsWith('utf-16') ?? false
}

function byteOrderOf([first, second, third]: Uint8Array): string | null {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  return first === 0xef && second === 0xbb && third === 0xbf ? 'utf-8' : null
}

function decoderFor(charset: string): TextDecoder | null {
  try {
    return new TextDecoder(charset as Bun.Encoding)
  } catch {
    return null
  }
}
