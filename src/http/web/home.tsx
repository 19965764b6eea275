import { Elysia } from 'elysia'
import type { Deps } from '#deps.ts'
import { page } from '#http/respond.tsx'
import { countUsers } from '#store/accounts.ts'
import { WelcomePage } from '#views/pages/welcome.tsx'

export function homeRoutes(deps: Deps) {
  return new Elysia({ name: 'web/home' }).get('/', () =>
    page(<WelcomePage baseUrl={deps.config.baseUrl} hasUsers={countUsers(deps.db) > 0} />),
  )
}
