/** What somebody else has said, with a full stop at its end unless it has one. */
export function asSentence(text: string): string {
  return text === '' || /[.!?…]$/.test(text) ? text : `${text}.`
}
