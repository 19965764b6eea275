// A crontab line with its command, and with a user before the command as in /etc/cron.d.
import { isCronField } from './cron-count.ts'

export interface CrontabLine {
  /** The five fields, or a nickname such as "@daily". */
  schedule: string
  /** The user that runs the command; null if the line names none. */
  user: string | null
  /** A name for the job: the file name of its program. */
  name: string
}

export const CRONTAB_LINE_MAX = 1000

/** Null for anything else, including a cron expression without a command. */
export function readCrontabLine(text: string): CrontabLine | null {
  const written = text.trim()
  if (written.includes('\n') || written.length > CRONTAB_LINE_MAX) return null
  const [, schedule = '', rest = ''] = NICKNAME_LINE.exec(written) ?? FIELDS_LINE.exec(written) ?? []
  const words = rest.split(/\s+/)
  if (schedule === '' || !schedule.split(/\s+/).every(isFirstField) || isCronField(words[0] ?? '')) return null
  const user = isUser(words) ? (words[0] ?? null) : null
  return { schedule: schedule.replace(/^-/, ''), user, name: nameOf(user === null ? rest : words.slice(1).join(' ')) }
}

const NICKNAME_LINE = /^(@(?:yearly|annually|monthly|weekly|daily|midnight|hourly))\s+(\S.*)$/i
const FIELDS_LINE = /^((?:\S+\s+){4}\S+)\s+(\S.*)$/

function isFirstField(word: string): boolean {
  return word.startsWith('@') || isCronField(word)
}

const USER = /^[a-z_][a-z0-9_.-]*\$?$/i
/** Names that are users and never programs. */
const SYSTEM_USERS = /^(?:root|www-data|nobody|postgres|mysql|nginx|apache|httpd|daemon|_\w+)$/
const COMMAND_START = /^(?:[/~.[$]|cd$|test$|[A-Z_]+=)/
/** Programs that start another program. */
const LAUNCHERS = wordsOf(
  'sudo doas env exec command nice ionice chrt nohup setsid time timeout flock chronic cronic systemd-cat run-parts',
  'bash sh zsh dash ksh fish python[\\d.]* perl php[\\d.]* ruby node bun deno java uv run npx',
)
const TOOLS = wordsOf(
  'cd source test rsync tar cp mv rm rmdir mkdir ln ls cat find grep sed touch chmod chown curl wget gzip zip echo',
  'printf logger rclone restic borg git make docker podman kubectl mysqldump pg_dump psql sqlite3 logrotate certbot',
)

function wordsOf(...lines: string[]): RegExp {
  return new RegExp(`^(?:${lines.join(' ').replaceAll(' ', '|')})$`)
}

function isUser([user = '', next = '']: string[]): boolean {
  if (!USER.test(user) || next === '') return false
  if (SYSTEM_USERS.test(user)) return true
  return COMMAND_START.test(next) && !LAUNCHERS.test(user) && !TOOLS.test(user)
}

/** Commands that prepare for the job, or decide whether it runs. */
const PREPARATION = /^(?:cd|\.|source|set|export|test|umask|sleep|if|\[|\[\[|command -v|true|:)(?:\s|$)/
const OPENING = /^(?:[({!\s]|then\s|do\s|else\s)+/

/** "/usr/bin/flock -n /run/x nice php /srv/app/report.php >/dev/null" is "report.php". */
function nameOf(command: string): string {
  const segments = command.split(/\s*(?:&&|\|\||;|\|)\s*/).map((one) => one.replace(OPENING, ''))
  const main = segments.find((one) => one !== '' && !PREPARATION.test(one)) ?? segments[0] ?? ''
  const bare = main.replace(/["'(){}]/g, ' ').replace(/\s*\d*[<>].*$/, '')
  let [launcher, before] = ['', '']
  for (const word of bare.trim().split(/\s+/)) {
    const base = word.split('/').at(-1) ?? ''
    if (LAUNCHERS.test(base)) launcher = base
    else if (!isArgument(word, { launcher, before })) return base === '' ? word : base
    before = word
  }
  return launcher
}

// Options and their values, lock files and environment variables don't name the job.
function isArgument(word: string, { launcher, before }: { launcher: string; before: string }): boolean {
  if (/^-/.test(word) || /^\w+=/.test(word)) return true
  if (launcher === '') return false
  if (/^\d+[smhd]?$/.test(word) || /^-[ugt]$/.test(before)) return true
  return launcher === 'flock' && /\.lock$|^\/(?:run|var\/run|var\/lock|tmp)\//.test(word)
}
