// The administrator's page about the server, and downloads of backups.
import { findBackup, keepBackup, readBackups } from '#actions/backups.ts'
import {
  findMailServer,
  type MailServer,
  mailServerProblemOf,
  storedMailServer,
  storedMailServerProblems,
} from '#actions/mail-server.ts'
import { readDatabaseSize } from '#actions/retention.ts'
import type { Deps } from '#deps.ts'
import { MAIL_PROVIDERS } from '#domain/mail-server.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { asAdmin, type SignedInRequest, type WebDeps } from '#http/guards.ts'
import { page, redirect } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { url } from '#lib/base-path.ts'
import { SECOND } from '#lib/duration.ts'
import { freshForm } from '#views/components/field.tsx'
import { InstancePage } from '#views/pages/instance.tsx'
import type { MailServerProps } from '#views/pages/instance-mail.tsx'

const INSTANCE = '/instance'
/** The page waits this long for a new backup. A larger one is finished in the background. */
const BACKUP_WAIT_MS = 4 * SECOND
const GROWTH_DAYS = 30

export function instanceRoutes(web: WebDeps) {
  return cookieRoutes(web.deps, 'web/instance')
    .get(
      INSTANCE,
      asAdmin(web, (context) => showInstance(web, { context, mailForm: null })),
    )
    .post(
      '/instance/backups',
      asAdmin(web, () => handleCreateBackup(web)),
      { parse: 'none' },
    )
    .get(
      '/instance/backups',
      asAdmin(web, () => redirect(url(INSTANCE))),
    )
    .get(
      '/instance/backups/:backup',
      asAdmin(web, (context) => download(web, context)),
    )
}

type MailForm = Pick<MailServerProps, 'form' | 'problem'>

interface Shown {
  context: SignedInRequest
  /** The form of the mail server as submitted, with its errors. Null: as stored. */
  mailForm: MailForm | null
}

export function showInstance({ deps }: WebDeps, { context, mailForm }: Shown): Response {
  const backups = { ...readBackups(deps), keep: deps.config.backupKeep }
  return page(
    <InstancePage
      context={frameOf(context)}
      reading={readingOf(context)}
      mailServer={mailServerProps(deps, { context, mailForm })}
      backups={backups}
      database={readDatabaseSize(deps, GROWTH_DAYS)}
    />,
    mailForm === null ? 200 : 422,
  )
}

function mailServerProps(deps: Deps, { context, mailForm }: Shown): MailServerProps {
  const { user, query } = context
  const found = findMailServer(deps)
  const stored = storedMailServer(deps.db)
  const provider = MAIL_PROVIDERS.find(({ id }) => id === query.get('provider')) ?? null
  const values = { ...NEW_MAIL_SERVER, from: `CronGuard <${user.email}>`, ...stored, ...provider }
  const { host, port, security, username, from } = values
  const form = {
    ...freshForm({ host, port: String(port), security, username: username ?? '', from }),
    problems: provider === null ? storedMailServerProblems(deps.db) : {},
  }
  return {
    server: found && shownMailServer(found),
    variables: deps.config.smtpVariables,
    provider,
    hasStoredPassword: found?.source === 'page' && found.password !== null,
    testAddress: user.email,
    ...(mailForm ?? { form, problem: null }),
  }
}

const NEW_MAIL_SERVER = { host: '', port: 587, security: 'starttls', username: null as string | null }

// The password stays here.
function shownMailServer(server: MailServer): MailServerProps['server'] {
  const { host, port, security, username, from } = server
  return {
    ...{ host, port, security, username, from },
    isUsable: server.problem !== 'invalid-settings',
    problem: mailServerProblemOf(server),
  }
}

const NOTICES = {
  made: 'backup-made',
  failed: 'backup-failed',
  'under-way': 'backup-begun',
  'given-up': 'backup-failed',
} as const

async function handleCreateBackup({ deps }: WebDeps): Promise<Response> {
  const making = keepBackup(deps)
  const outcome = await Promise.race([making, Bun.sleep(BACKUP_WAIT_MS).then(() => 'under-way' as const)])
  return redirect(url(INSTANCE), NOTICES[outcome])
}

// A backup contains all secrets, so downloads are logged.
function download({ deps }: WebDeps, { params: { backup = '' }, user }: SignedInRequest): Response {
  const file = Bun.file(findBackup(deps, backup))
  deps.log.info('Backup downloaded', { backup, user: user.id })
  return new Response(file, {
    headers: {
      'Content-Type': 'application/vnd.sqlite3',
      'Content-Disposition': `attachment; filename="${backup}"`,
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    },
  })
}
