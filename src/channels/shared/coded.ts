// Markdown for services whose parsers disagree about escapes, or know none. What may have a meaning is shown as code.
import type { Dialect } from './markup.ts'

export const CODED: Dialect = {
  text: (text) => text.split('\n').map(asCodeIfNeeded).join('\n'),
  bold: (text) => `**${text}**`,
  block: fencedBlock,
  link: ({ label, url }) => `[${label === url ? linkable(url) : label}](${linkable(url)})`,
}

// Letters, digits, signs such as 🔴, and punctuation that means nothing: not the number of a list, a dot as in an
// address, or a colon as in an emoji.
const HARMLESS = [
  '[\\p{L}\\p{N}\\p{So}\\p{M} “”"\'’,()%–-]',
  '\\u200d',
  '\\.(?!\\p{L})',
  ':(?= |$)',
  '(?<=\\d):(?=\\d\\d(?!\\d))',
  '(?<=[\\p{L}\\p{N}])/',
]
const PLAIN_TEXT = new RegExp(`^(?!\\d+[.)])(?=[\\p{L}\\p{N}\\p{So}“])(?:${HARMLESS.join('|')})*$`, 'u')

function asCodeIfNeeded(line: string): string {
  if (line.trim() === '' || PLAIN_TEXT.test(line)) return line
  const text = withoutMentions(line)
  const longest = Math.max(0, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  const space = /^`|`$/.test(text) ? ' ' : ''
  return `${fence}${space}${text}${space}${fence}`
}

// Three ticks, because not all parsers know longer fences. Word joiners separate those of the text.
function fencedBlock(text: string): string {
  return `\`\`\`\n${withoutMentions(text).replace(/([`~])(?=\1)/g, '$1\u2060')}\n\`\`\``
}

// Some servers look for mentions and commands in code as well.
function withoutMentions(text: string): string {
  return text.replace(/[@<](?=\S)/g, '$&\u2060')
}

function linkable(url: string): string {
  return url.replace(/[*~()[\]$|\\`<>]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}
