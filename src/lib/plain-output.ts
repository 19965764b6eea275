// Output that was written for a terminal, as plain text.

/** Colors, cursor movements and titles. Bounded, so that it takes linear time. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character.
const ESCAPE = /\x1b(?:\[[0-9;:?<=>]{0,40}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\)|[ -/]{0,4}[0-~])/g

/**
 * The text without escape sequences. Of a line that was overwritten, such as a progress bar, only the last version
 * stays. Undeclared UTF-16 loses the NUL after each letter, and other control characters become visible signs.
 */
export function plainOutput(text: string): string {
  const lines = text.replaceAll('\0', '').replace(ESCAPE, '').replaceAll('\r\n', '\n').split('\n').map(lastVersion)
  return lines.join('\n').replace(/(?![\n\t])\p{Cc}/gu, pictureOf)
}

function lastVersion(line: string): string {
  const end = line.replace(/\r+$/, '')
  return end.slice(end.lastIndexOf('\r') + 1)
}

// Unicode has a picture for each control character of ASCII.
function pictureOf(sign: string): string {
  const code = sign.charCodeAt(0)
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\u2421'
}
