import { styleText } from 'node:util'

export type Colour = 'red' | 'yellow'

export function inColour(text: string, colour: Colour | undefined): string {
  return colour ? styled(colour, text) : text
}

/** A headline in the help; commander takes it away again where it could not be seen. */
export function asTitle(text: string): string {
  return styled('bold', text)
}

function styled(style: Colour | 'bold', text: string): string {
  return styleText(style, text, { validateStream: false })
}
