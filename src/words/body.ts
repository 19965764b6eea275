// Says what is missing from the body of a ping.
import { type BodyText, isCut } from '#domain/body.ts'

/** The marker between the beginning and the end of a body; null if nothing is missing. */
export function cutInWords(body: Pick<BodyText, 'cutBytes'>): string | null {
  if (!isCut(body)) return null
  if (body.cutBytes === null) return '… The rest is not stored.'
  return `… ${body.cutBytes.toLocaleString('en')} ${body.cutBytes === 1 ? 'byte' : 'bytes'} not stored …`
}

/** The note for a text that is stored, but only shown in part. */
export function shownPartInWords({ characters, hasEnd }: { characters: number; hasEnd: boolean }): string {
  return `Only the first ${hasEnd ? 'and last ' : ''}${characters.toLocaleString('en')} characters are shown.`
}

/** One line of at most `characters`, with an ellipsis if there is more. */
export function firstWords(text: string, { characters, isPart }: { characters: number; isPart: boolean }): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim()
  const shown = [...line].slice(0, characters).join('')
  return shown !== '' && (shown.length < line.length || isPart) ? `${shown.replace(/[ …]+$/, '')}…` : shown
}
