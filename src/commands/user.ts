import { createUser } from '#actions/accounts.ts'
import { withDeps } from '#app.ts'
import { systemClock } from '#lib/clock.ts'
import { newMixedCaseToken } from '#lib/tokens.ts'
import type { AddCommand } from './command.ts'

const MADE_PASSWORD_LENGTH = 20

interface CreateOptions {
  passwordStdin?: boolean
  admin?: boolean
}

export const addUser: AddCommand = (program, shell) => {
  program
    .command('user')
    .description('people who may sign in')
    .command('create')
    .description('create a user with a project of his own; prints a password unless one is given')
    .argument('<email>')
    .option('--password-stdin', 'read the password from standard input')
    .option('--admin', 'may administer this CronGuard')
    .action(async (email: string, options: CreateOptions) => {
      const given = options.passwordStdin ? firstLine(await shell.readInput()) : null
      const password = given ?? newMixedCaseToken(MADE_PASSWORD_LENGTH)
      await withDeps({ config: shell.readConfig(), clock: systemClock }, async (deps) => {
        const user = await createUser(deps, { email, password, isAdmin: options.admin ?? false })
        shell.print(`Created ${user.email}.`)
        if (given === null) shell.print(`Password: ${password}`)
      })
    })
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? ''
}
