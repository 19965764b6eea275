// What to enter instead of a value that was refused.
import { EMAIL_MAX, PASSWORD_MAX, PASSWORD_MIN } from '#domain/account.ts'
import { DELAY_MAX_MS } from '#domain/channel-rules.ts'
import type { Issue } from '#domain/issue.ts'
import { HIDDEN_WORD_MAX, HIDDEN_WORD_MIN, HIDDEN_WORDS_MAX } from '#domain/project.ts'
import { durationInWords } from '#lib/duration.ts'

/** By the codes of the schemas. */
const CODES: Record<string, string> = {
  control: 'Remove the control characters.',
  too_many_words: `Enter at most ${HIDDEN_WORDS_MAX} words.`,
  short_word: `Each word needs at least ${HIDDEN_WORD_MIN} characters.`,
  long_word: `Each word can have at most ${HIDDEN_WORD_MAX} characters.`,
  no_project_name: 'Enter a name for the project.',
  not_clock: 'Enter a time such as 22:00.',
  no_days: 'Choose at least one day.',
  whole_week: 'Leave out a day: quiet hours that never end would hold notifications forever.',
  not_delay: `A delay can be up to ${durationInWords(DELAY_MAX_MS)}.`,
  not_zone: 'Not a time zone. Enter a name such as Europe/Berlin.',
  not_email: 'Enter an email address, such as ada@example.org.',
  email_too_long: `An email address can have at most ${EMAIL_MAX} characters.`,
  no_mail_host: 'Enter the host, such as smtp.example.com.',
  not_mail_host: 'Enter only a host name or IP address, such as smtp.example.com, without a port or path.',
  no_mail_security: 'Choose how the connection is encrypted.',
  not_port: 'Enter a port between 1 and 65535.',
  not_sender: 'Enter an email address, or a name and an address, such as CronGuard <cronguard@example.org>.',
  password_too_short: `A password needs at least ${PASSWORD_MIN} characters.`,
  password_too_long: `A password can have at most ${PASSWORD_MAX} characters.`,
  password_repetitive:
    'This password is too easy to guess: repeats like aaaa and sequences like 1234 count as one character.',
  password_common: 'This password is too common. Choose one that is harder to guess.',
}

const REQUIRED = 'This field is required.'

/** The messages of the library. */
const LIBRARY = /^(?:Invalid (?:input|option)|Too (?:small|big): )/

/** Schemas outside the domain may have sentences as messages. Limits are phrased here. */
export function issueInWords(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (/received undefined$/.test(issue.message)) return REQUIRED
      return issue.expected === 'string' ? 'Enter text.' : issue.message
    case 'invalid_value':
      return LIBRARY.test(issue.message) ? oneOf(issue.values) : (CODES[issue.message] ?? issue.message)
    case 'invalid_union': {
      // The last alternative is the usual one.
      const [first] = issue.errors.at(-1) ?? []
      return first && LIBRARY.test(issue.message) ? issueInWords(first) : issue.message
    }
    case 'too_big':
      if (issue.origin === 'string') return atMost(Number(issue.maximum))
      break
    case 'custom':
      if (issue.message === 'too_long') return atMost(Number(issue.params?.max))
  }
  return CODES[issue.message] ?? issue.message
}

/** "Use one of: us, eu", "Use "on", or leave it out" */
function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? `Use "${values[0]}", or leave it out.` : `Use one of: ${values.join(', ')}.`
}

function atMost(max: number): string {
  return `Use at most ${max.toLocaleString('en')} characters.`
}

/** The error for a form that would overwrite someone else's changes. */
export function changedMeanwhile(what: string, changed: readonly string[]): string {
  return (
    `Someone else changed this ${what} while you were editing it: ${changed.join(', ')}. ` +
    'Your changes are still here. Save again to overwrite theirs, or cancel to see them.'
  )
}
