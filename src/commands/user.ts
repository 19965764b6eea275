import { deleteUserByEmail, holdingsToLeave, userByEmail, usersOf } from '#actions/accounts.ts'
import { keysCreatedBy } from '#actions/departures.ts'
import { setPassword } from '#actions/mailed-links.ts'
import { createUser } from '#actions/registration.ts'
import { withDeps, withNewDeps } from '#app.ts'
import type { Deps } from '#deps.ts'
import type { User } from '#domain/account.ts'
import type { OwnProject } from '#domain/project.ts'
import { systemClock } from '#lib/clock.ts'
import { newMixedCaseToken } from '#lib/tokens.ts'
import { listChannels } from '#store/channels.ts'
import { listMonitors } from '#store/monitors.ts'
import type { AddCommand, Shell } from './command.ts'
import { confirm } from './confirm.ts'
import { isoOrNull } from './table.ts'

const MADE_PASSWORD_LENGTH = 20

interface PasswordOptions {
  passwordStdin?: boolean
}

interface CreateOptions extends PasswordOptions {
  admin?: boolean
}

interface RemoveOptions {
  keepKeys?: boolean
  yes?: boolean
}

export const addUser: AddCommand = (program, shell) => {
  const user = program.command('user').description('manage users')
  user
    .command('create')
    .description('create a user with a project; prints a generated password unless you set one')
    .argument('<email>')
    .option('--password-stdin', 'read the password from standard input')
    .option('--admin', 'make the user an administrator of the server')
    .action((email: string, options: CreateOptions) => create(shell, { email, ...options }))
  user
    .command('reset-password')
    .description("reset a user's password and end all their sessions; prints the new password unless you set one")
    .argument('<email>')
    .option('--password-stdin', 'read the password from standard input')
    .action((email: string, options: PasswordOptions) => resetPassword(shell, { email, ...options }))
  user
    .command('delete')
    .description('delete a user and the projects that have no other members; asks for confirmation')
    .argument('<email>')
    .option('--keep-keys', 'keep the API keys that the user created in other projects')
    .option('--yes', 'do not ask for confirmation')
    .action((email: string, options: RemoveOptions) => remove(shell, { email, ...options }))
  user
    .command('list')
    .description('list all users, oldest first')
    .option('--json', 'print JSON: an array of {id, email, name, admin, created_at}')
    .action((options: { json?: boolean }) => list(shell, options))
}

async function remove(shell: Shell, { email, yes = false, keepKeys = false }: RemoveOptions & { email: string }) {
  await withDeps({ config: shell.readConfig(), clock: systemClock }, async (deps) => {
    const user = userByEmail(deps, email)
    const { own, shared } = holdingsToLeave(deps.db, user.id)
    const keys = keepKeys ? [] : shared.flatMap(({ id }) => keysCreatedBy(deps.db, { projectId: id, userId: user.id }))
    const revoked = keys.length === 0 ? [] : [`API keys in other projects: ${keys.map(keyInWords).join(', ')}`]
    const loss = [accountInWords(user), ...own.map((project) => projectInWords(deps, project)), ...revoked].join('; ')
    await confirm(shell, { loss: `This deletes ${loss}.`, yes })
    deleteUserByEmail(deps, { email: user.email, keepsKeys: keepKeys })
    shell.print(`Deleted ${loss}.`)
  })
}

function accountInWords({ email, name, isAdmin, createdAt }: User): string {
  const who = name === '' ? email : `${email} (${name})`
  return `the ${isAdmin ? 'administrator' : 'user'} ${who} (created on ${isoOrNull(createdAt)?.slice(0, 10)})`
}

// Describes a project whose only member is the user.
function projectInWords({ db }: Deps, { id, name }: OwnProject): string {
  const counts = [countOf(listMonitors(db, id).length, 'monitor'), countOf(listChannels(db, id).length, 'channel')]
  return `their project "${name}" (${counts.join(', ')})`
}

function countOf(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`
}

function keyInWords({ name, hint }: { name: string; hint: string }): string {
  return name === '' ? `${hint}…` : `"${name}" (${hint}…)`
}

async function create(shell: Shell, { email, admin = false, ...options }: CreateOptions & { email: string }) {
  const { password, isMade } = await readPassword(shell, options)
  await withNewDeps({ config: shell.readConfig(), clock: systemClock }, async (deps) => {
    const user = await createUser(deps, { email, password, isAdmin: admin })
    shell.print(`Created ${user.email}.`)
    if (isMade) shell.print(`Password: ${password}`)
  })
}

async function resetPassword(shell: Shell, { email, ...options }: PasswordOptions & { email: string }) {
  const { password, isMade } = await readPassword(shell, options)
  await withDeps({ config: shell.readConfig(), clock: systemClock }, async (deps) => {
    const user = userByEmail(deps, email)
    await setPassword(deps, { user, password })
    shell.print(`${user.email} has a new password and is signed out everywhere.`)
    if (isMade) shell.print(`Password: ${password}`)
  })
}

async function list(shell: Shell, { json = false }: { json?: boolean }) {
  await withDeps({ config: shell.readConfig(), clock: systemClock }, (deps) => {
    const users = usersOf(deps).map(({ id, email, name, isAdmin, createdAt }) => {
      return { id, email, name, admin: isAdmin, created_at: new Date(createdAt).toISOString() }
    })
    if (json) shell.print(JSON.stringify(users, null, 2))
    else
      for (const { email, name, admin } of users) shell.print([email, admin ? 'admin' : 'user', name].join('  ').trim())
  })
}

async function readPassword(shell: Shell, { passwordStdin = false }: PasswordOptions) {
  if (!passwordStdin) return { password: newMixedCaseToken(MADE_PASSWORD_LENGTH), isMade: true }
  return { password: firstLine((await shell.readInput(INPUT_MAX)) ?? ''), isMade: false }
}

/** Far longer than any password. */
const INPUT_MAX = 100_000

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? ''
}
