/** Adds a period to a text of another program, unless it ends with punctuation. */
export function asSentence(text: string): string {
  return text === '' || /[.!?…]$/.test(text) ? text : `${text}.`
}
