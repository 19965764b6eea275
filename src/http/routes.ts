// Each file of routes starts with one of these, which declare whether its routes read cookies and the format of errors.
import { Elysia } from 'elysia'
import type { Deps } from '#deps.ts'
import { refuseForeignForm } from './origin.ts'

/** An HTML page, plain text, the JSON of the API, or what the client of a ping expects. */
export type ErrorForm = 'page' | 'text' | 'json' | 'ping'

/** The tag of routes that may read cookies. */
export const READS_COOKIES = 'reads cookies'

/** Routes that read cookies. Browsers send cookies automatically, so forms from other sites are refused. */
export function cookieRoutes(deps: Pick<Deps, 'config'>, name: string, errors: ErrorForm = 'page') {
  const routes = new Elysia({ name, tags: [READS_COOKIES, errors] })
  return routes.onBeforeHandle(({ request }) => refuseForeignForm(deps, request))
}

/** Routes without cookies: they are public, or the client needs a key or a secret URL. */
export function cookielessRoutes(name: string, errors: ErrorForm) {
  return new Elysia({ name, tags: [errors] })
}

export interface Route {
  method: string
  path: string
  hooks: { detail?: { tags?: string[] } }
}

/** Finds the format of errors for a route; `path` is the requested path. */
export type FindErrorForm = (asked: { route: string | undefined; path: string }) => ErrorForm

export function createErrorFormFinder(readRoutes: () => readonly Route[]): FindErrorForm {
  let forms: Map<string, ErrorForm> | null = null
  let apiRoots: Set<string | undefined> | null = null
  return ({ route = '', path }) => {
    forms ??= new Map(readRoutes().map((known) => [known.path, formOf(known)]))
    apiRoots ??= new Set([...forms].filter(([, form]) => form === 'json').map(([known]) => rootOf(known)))
    const form = forms.get(route) ?? 'ping'
    if (form !== 'ping') return form
    // A request that isn't a ping has no route. Below /api it comes from a program, elsewhere probably from a person.
    return apiRoots.has(rootOf(path)) ? 'json' : 'page'
  }
}

function formOf({ hooks }: Route): ErrorForm {
  return (['text', 'json', 'ping'] as const).find((form) => hooks.detail?.tags?.includes(form)) ?? 'page'
}

/** The first segment of a path: "api" for "/api/v3/checks/". */
function rootOf(path: string): string | undefined {
  return /^\/([^/]+)\//.exec(path)?.[1]
}
