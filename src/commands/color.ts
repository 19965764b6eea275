import { styleText } from 'node:util'

export type Color = 'red' | 'yellow'

export function inColor(text: string, color: Color | undefined): string {
  return color ? styled(color, text) : text
}

/** A heading in help texts. Commander removes the style where colors are not supported. */
export function asTitle(text: string): string {
  return styled('bold', text)
}

function styled(style: Color | 'bold', text: string): string {
  return styleText(style, text, { validateStream: false })
}
