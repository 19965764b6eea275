import { styleText } from 'node:util'

export type Color = 'red' | 'yellow'

export function inColor(text: string, color: Color | undefined): string {
  return color ? styled(color, text) : text
}

/** A headline in the help; commander takes it away again where it could not be seen. */
export function asTitle(text: string): string {
  return styled('bold', text)
}

function styled(style: Color | 'bold', text: string): string {
  return styleText(style, text, { validateStream: false })
}
