// Shows users of a shell which system user must run a command.
import { existsSync, readFileSync } from 'node:fs'

const USERS = '/etc/passwd'
/** Lower IDs belong to services, which no one signs in as. */
const PEOPLE_FROM_UID = 1000

interface ProcessOwner {
  uid: number
  /** The content of /etc/passwd. */
  users: string
}

/** Prefixes a command with `sudo -u` when this process runs as a service user. */
export function asServiceUser(command: string, { uid, users }: ProcessOwner = thisProcess()): string {
  if (uid === 0 || uid >= PEOPLE_FROM_UID) return command
  const fields = users.split('\n').map((line) => line.split(':'))
  const name = fields.find(([, , id]) => id === String(uid))?.[0]
  return name === undefined ? command : `sudo -u ${name} ${command}`
}

function thisProcess(): ProcessOwner {
  return { uid: process.getuid?.() ?? 0, users: existsSync(USERS) ? readFileSync(USERS, 'utf8') : '' }
}
