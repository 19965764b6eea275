// What each file of routes begins with. It declares whether its routes read a cookie, and what an error looks like.
import { Elysia } from 'elysia'
import type { Deps } from '#deps.ts'
import { refuseForeignForm } from './origin.ts'

/** An HTML page, plain text, the JSON of the API, or what the client of a ping expects. */
export type ErrorForm = 'page' | 'text' | 'json' | 'ping'

/** Tells the routes that may read a cookie from the others. */
export const READS_COOKIES = 'reads cookies'

/** Routes for browsers, which send cookies by themselves: a form that another site sends is refused. */
export function cookieRoutes(deps: Pick<Deps, 'config'>, name: string, errors: ErrorForm = 'page') {
  const routes = new Elysia({ name, tags: [READS_COOKIES, errors] })
  return routes.onBeforeHandle(({ request }) => refuseForeignForm(deps, request))
}

/** Routes that read no cookie: the caller has a key or knows a URL, or anyone may call them. */
export function cookielessRoutes(name: string, errors: ErrorForm) {
  return new Elysia({ name, tags: [errors] })
}

export interface Route {
  method: string
  path: string
  hooks: { detail?: { tags?: string[] } }
}

/** What an error at a route looks like; `path` is what was asked for. */
export type FindErrorForm = (asked: { route: string | undefined; path: string }) => ErrorForm

export function createErrorFormFinder(readRoutes: () => readonly Route[]): FindErrorForm {
  let forms: Map<string, ErrorForm> | null = null
  let apiRoots: Set<string | undefined> | null = null
  return ({ route = '', path }) => {
    forms ??= new Map(readRoutes().map((known) => [known.path, formOf(known)]))
    apiRoots ??= new Set([...forms].filter(([, form]) => form === 'json').map(([known]) => rootOf(known)))
    const form = forms.get(route) ?? 'ping'
    if (form !== 'ping') return form
    // What is no ping has no route: below /api a program asked for it, and anywhere else probably a person.
    return apiRoots.has(rootOf(path)) ? 'json' : 'page'
  }
}

function formOf({ hooks }: Route): ErrorForm {
  return (['text', 'json', 'ping'] as const).find((form) => hooks.detail?.tags?.includes(form)) ?? 'page'
}

/** "api" of "/api/v3/checks/". */
function rootOf(path: string): string | undefined {
  return /^\/([^/]+)\//.exec(path)?.[1]
}
