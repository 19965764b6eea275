// Password strength: how many characters count, and whether the password is a common one.
import common from '#assets/common-passwords.txt' with { type: 'text' }

/** @NOTE Keep in step with assets/password.js, which shows the strength while a user types. */
const ROWS = ['1234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'abcdefghijklmnopqrstuvwxyz']
const SEQUENCES = [...ROWS, ...ROWS.map((row) => [...row].reverse().join(''))]
const SEQUENCE_MIN = 4

/**
 * How many characters of a password count. A repeat counts once ("aaaa" is 1, "abcabcabc" is 3), and so does a
 * sequence of the alphabet or the keyboard ("1234" is 1).
 */
export function countedLength(password: string): number {
  const characters = [...withoutRepeats(password.toLowerCase())]
  let counted = 0
  for (let at = 0; at < characters.length; counted += 1) {
    const length = sequenceAt(characters, at)
    at += length >= SEQUENCE_MIN ? length : 1
  }
  return counted
}

function withoutRepeats(text: string): string {
  return text.replace(/(.)\1{2,}/gsu, '$1').replace(/(.{2,4}?)\1{2,}/gsu, '$1')
}

function sequenceAt(characters: string[], at: number): number {
  let length = 1
  while (at + length < characters.length) {
    const longer = characters.slice(at, at + length + 1).join('')
    if (!SEQUENCES.some((sequence) => sequence.includes(longer))) break
    length += 1
  }
  return length
}

/** Up to this many characters around a word don't make it less common: "Dragon2024!" counts as "dragon". */
const ADDED_MAX = 5
const LETTERS: Record<string, string> = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}

/**
 * Whether the password is on the list of common ones, also with digits for letters ("p4ssword") or a few characters
 * around it.
 */
export function isCommonPassword(password: string): boolean {
  const text = password.toLowerCase()
  const bare = word(text)
  const spelled = word([...bare].map((character) => LETTERS[character] ?? character).join(''))
  return [text, bare, spelled].some((form) => text.length - form.length <= ADDED_MAX && commonPasswords().has(form))
}

function word(text: string): string {
  return text.replace(/^[^a-z]+|[^a-z]+$/g, '')
}

let words: ReadonlySet<string> | null = null

function commonPasswords(): ReadonlySet<string> {
  words ??= new Set(common.split('\n').filter((line) => line !== ''))
  return words
}
