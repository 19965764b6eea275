// Keeps out words that readers have to learn, or that read as translated. Each pattern comes with the usual words.
import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { Glob } from 'bun'

const UNUSUAL: readonly (readonly [RegExp, string])[] = [
  [/\b(?:is|are|was|were|be|been|gets?) told\b|\btells? (?:you|people|whom|admins|them|of|about|all)\b/i, 'notify'],
  [/\bwho(?:m|ever)\b/i, 'who; anyone who'],
  // The system user `nobody` is in a list of user names, and an argument of `su`.
  [/\b(?:some|any|every)body\b|(?<!\|)\bnobody\b(?! "\$@")/i, 'someone, anyone, everyone, no one'],
  [
    /\bcould not watch\b|\bblindness\b|\bsecond chance\b|\bsparing\b|\bspared (?:monitor|job|by)\b/i,
    'CronGuard was offline',
  ],
  [/\bswitch(?:ed|es|ing)? (?:it |them )?o(?:n|ff)\b/i, 'enable, disable'],
  [/\b(?:is|are) (?:there[.,"<]|taken back)/i, 'exists; revoked'],
  [/\bin hand\b/i, 'acknowledged'],
  [/\bnone that counts\b|\bnone given\b|\bwhenever it comes\b/i, 'no ping yet, none, not scheduled yet'],
  [/(?<!there )\b(?:is|are) no (?!longer\b)|\bthere (?:is|are) no such\b/i, 'is not a; not found'],
  [/\bstands? (?:in|on|at|there|beside|below|above|under|side)\b/i, 'is'],
  [/\bgoes with\b|\blasted so far\b/i, 'belongs to; ongoing'],
  [/\b(?:say|choose) whom\b|\bsay what the job\b/i, 'choose who gets notified; name the job'],
  [/\bany more\b|\bbut for\b|\bfor good\b/i, 'no longer; except; permanently'],
  [/\blengths? of time\b/i, 'duration'],
  [/\bgrace time\b/i, 'grace period'],
  [/\bmend(?:s|ed|ing)?\b/i, 'fix'],
  [/\b(?:what becomes|became) of\b/i, 'the outcome'],
  [/\banew\b|\bof old times\b|\bby and by\b/i, 'again'],
  [/\bfor ever\b/i, 'forever'],
  [/\bthis CronGuard\b/i, 'server'],
  [/\bsigns? of life\b/i, 'heartbeat'],
  [/\bpresent password\b/i, 'current password'],
  [/\bE-mail/i, 'email'],
  [/\b(?:a|by) mail\b(?! (?:server|filter|provider)|$)|\bmailed links?\b/i, 'email, emailed link'],
  [
    /colour|behaviour|licence|neighbour|favourite|\bgrey|organis|recognis|cancelled|cancelling|acknowledgement/i,
    'American spelling',
  ],
]

/** Lists of passwords and of time zones. */
const LISTS = ['assets/common-passwords', 'src/lib/obsolete-zones.ts']

const texts = [
  'README.md',
  'CHANGELOG.md',
  'install.sh',
  ...find('src/**/*.{ts,tsx}'),
  ...find('assets/**/*.{md,js,css}'),
]

function find(pattern: string): string[] {
  return [...new Glob(pattern).scanSync('.')].filter((path) => !LISTS.some((start) => path.startsWith(start))).sort()
}

/** The first line of a test or a group of tests, with its name. */
const NAME = /^\s*(?:test|describe|\]\)\(|\}\)\()[^'"`]*(?:'[^']*'|"[^"]*"|`[^`]*`)/

interface Line {
  place: string
  text: string
}

const lines = [
  ...texts.flatMap((path) => linesOf(path)),
  ...find('test/**/*.{ts,tsx}').flatMap((path) =>
    linesOf(path).flatMap(({ place, text }) => {
      const name = NAME.exec(text)
      return name ? [{ place, text: name[0] }] : []
    }),
  ),
]

function linesOf(path: string): Line[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((text, index) => ({ place: `${path}:${index + 1}`, text: text.trim() }))
}

describe('English', () => {
  test.each(UNUSUAL)('no text and no name of a test has %p, but %s', (unusual) => {
    const found = lines.filter(({ text }) => unusual.test(text)).map(({ place, text }) => `${place}: ${text}`)
    expect(found).toEqual([])
  })
})
