// What a job needs to report, in the languages that jobs are written in. The texts are files, so that each can be read,
// and is run by the tests, as what it is.
import bash from '#assets/snippets/bash.txt' with { type: 'text' }
import compose from '#assets/snippets/compose.txt' with { type: 'text' }
import crontab from '#assets/snippets/crontab.txt' with { type: 'text' }
import docker from '#assets/snippets/docker.txt' with { type: 'text' }
import go from '#assets/snippets/go.txt' with { type: 'text' }
import node from '#assets/snippets/node.txt' with { type: 'text' }
import php from '#assets/snippets/php.txt' with { type: 'text' }
import powershell from '#assets/snippets/powershell.txt' with { type: 'text' }
import python from '#assets/snippets/python.txt' with { type: 'text' }
import systemd from '#assets/snippets/systemd.txt' with { type: 'text' }
import wget from '#assets/snippets/wget.txt' with { type: 'text' }
import { crontabFields } from '#domain/crontab.ts'
import type { Schedule } from '#domain/schedule.ts'

export interface Snippet {
  id: string
  label: string
  /** For the class of a highlighter: "bash", "python". */
  language: string
  code: string
  /** What the code cannot say itself; a sentence or two. */
  note?: string
}

const OVERRUN = 'Also reports the start of each run, so CronGuard can measure it and notice if it hangs.'

const TEMPLATES: readonly Snippet[] = [
  {
    id: 'crontab',
    label: 'Crontab',
    language: 'crontab',
    code: crontab,
    note:
      "The URL ends with the job's exit status: 0 is a success, anything else a failure. The line prints " +
      'nothing unless every attempt fails, so cron sends no email.',
  },
  {
    id: 'bash',
    label: 'Bash with curl',
    language: 'bash',
    code: bash,
    note: `${OVERRUN} The end of the output is stored with the ping.`,
  },
  {
    id: 'wget',
    label: 'Shell with wget',
    language: 'sh',
    code: wget,
    note: 'For GNU wget.',
  },
  {
    id: 'python',
    label: 'Python',
    language: 'python',
    code: python,
    note: `Uses only the standard library. ${OVERRUN}`,
  },
  {
    id: 'node',
    label: 'Node.js',
    language: 'javascript',
    code: node,
    note: `For Node.js 18 or newer, in a file that ends in .mjs. ${OVERRUN}`,
  },
  { id: 'go', label: 'Go', language: 'go', code: go, note: OVERRUN },
  {
    id: 'php',
    label: 'PHP',
    language: 'php',
    code: php,
    note: `Needs allow_url_fopen, which is on by default. ${OVERRUN}`,
  },
  { id: 'powershell', label: 'PowerShell', language: 'powershell', code: powershell, note: OVERRUN },
  {
    id: 'systemd',
    label: 'systemd unit',
    language: 'ini',
    code: systemd,
    note: 'Start it with a timer of the same name. A job that is killed, stopped or times out counts as failed.',
  },
  {
    id: 'docker',
    label: 'Docker',
    language: 'sh',
    code: docker,
    note: "Runs on the host, so the image doesn't need curl. A container that can't start is also reported as failed.",
  },
  {
    id: 'compose',
    label: 'Docker Compose',
    language: 'yaml',
    code: compose,
    note: 'The image needs sh and curl. Inside a container, localhost is the container itself, not the host.',
  },
]

/** Ready to be pasted. `/path/to/job`, `example/job` and `your work` are for the reader to replace. */
export function snippetsFor(monitor: { pingUrl: string; name: string; schedule: Schedule }): Snippet[] {
  const name = plainName(monitor.name)
  const url = plainUrl(monitor.pingUrl)
  const cron = crontabFields(monitor.schedule)
  return TEMPLATES.map((template) => ({
    ...template,
    code: template.code
      .replaceAll('{{name}}', name)
      .replaceAll('{{cron}}', cron ?? CRON_PLACEHOLDER)
      .replaceAll('{{url}}', escapePercent(template.id, url)),
    ...(template.id === 'crontab' && cron === null && { note: `${template.note} ${CRON_NOTE}` }),
  }))
}

/** Crontab refuses these words, so that a line pasted without a change does not run at odd times. */
const CRON_PLACEHOLDER = 'MINUTE HOUR DAY MONTH WEEKDAY'
const CRON_NOTE = `Cron has no equivalent of this schedule. Replace ${CRON_PLACEHOLDER} with the job's times.`

// The name appears only in comments, without any character that could end a comment or begin a command.
function plainName(name: string): string {
  const words = name.replace(/[^\p{L}\p{M}\p{N} .,_-]+/gu, ' ').replace(/ +/g, ' ')
  return words.trim() || 'A job that reports to CronGuard'
}

// Without signs that mean something in any of the languages, the URL needs no quotes of any of them.
function plainUrl(url: string): string {
  return url.replace(/[^\w:/.~%[\]-]/gu, (sign) =>
    [...new TextEncoder().encode(sign)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}

function escapePercent(id: string, url: string): string {
  if (id === 'crontab') return url.replaceAll('%', '\\%')
  if (id === 'systemd') return url.replaceAll('%', '%%')
  return url
}
