// Whose this process is, as somebody at a shell of the machine has to know.
import { existsSync, readFileSync } from 'node:fs'

const USERS = '/etc/passwd'
/** Below are the users of services, as whom nobody signs in. */
const PEOPLE_FROM_UID = 1000

interface ProcessOwner {
  uid: number
  /** The users of the machine, as /etc/passwd has them. */
  users: string
}

/** The command as a person must call it to do it as the user of this process: with `sudo` for one of a service. */
export function asServiceUser(command: string, { uid, users }: ProcessOwner = thisProcess()): string {
  if (uid === 0 || uid >= PEOPLE_FROM_UID) return command
  const fields = users.split('\n').map((line) => line.split(':'))
  const name = fields.find(([, , id]) => id === String(uid))?.[0]
  return name === undefined ? command : `sudo -u ${name} ${command}`
}

function thisProcess(): ProcessOwner {
  return { uid: process.getuid?.() ?? 0, users: existsSync(USERS) ? readFileSync(USERS, 'utf8') : '' }
}
