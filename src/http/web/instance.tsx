// The administrator's page about the server, and downloads of backups.
import { findBackup, keepBackup, readBackups } from '#actions/backups.ts'
import { readDatabaseSize } from '#actions/retention.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { asAdmin, type SignedInRequest, type WebDeps } from '#http/guards.ts'
import { page, redirect } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { url } from '#lib/base-path.ts'
import { SECOND } from '#lib/duration.ts'
import { InstancePage } from '#views/pages/instance.tsx'

const INSTANCE = '/instance'
/** The page waits this long for a new backup. A larger one is finished in the background. */
const BACKUP_WAIT_MS = 4 * SECOND
const GROWTH_DAYS = 30

export function instanceRoutes(web: WebDeps) {
  return cookieRoutes(web.deps, 'web/instance')
    .get(
      INSTANCE,
      asAdmin(web, (context) => show(web, context)),
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

function show({ deps }: WebDeps, context: SignedInRequest): Response {
  const backups = { ...readBackups(deps), keep: deps.config.backupKeep }
  const database = readDatabaseSize(deps, GROWTH_DAYS)
  return page(
    <InstancePage context={frameOf(context)} reading={readingOf(context)} backups={backups} database={database} />,
  )
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
