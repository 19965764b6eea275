import { addUser } from '#actions/accounts.ts'
import { beginSession } from '#actions/sessions.ts'
import type { User } from '#domain/account.ts'
import type { Project, Role } from '#domain/project.ts'
import { createSessions } from '#http/sessions.ts'
import { withBasePath } from '#lib/base-path.ts'
import { findUserByEmail } from '#store/accounts.ts'
import { insertMembership } from '#store/projects.ts'
import type { TestGuard } from './cronguard.ts'

/** The server of a browser: a guard, or a proxy in front of it. */
type Site = Pick<TestGuard, 'request'>

/** A browser without JavaScript: it keeps cookies, and sends forms as browsers do. */
export class Visitor {
  readonly #guard: Site
  readonly #cookies = new Map<string, string>()

  constructor(guard: Site, cookies: string[] = []) {
    this.#guard = guard
    for (const cookie of cookies) this.#keep(cookie)
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.#take(await this.#guard.request(path, { headers: { ...headers, Cookie: this.cookie } }))
  }

  async post(path: string, fields: Record<string, string | string[]> = {}, headers: Record<string, string> = {}) {
    const body = new URLSearchParams()
    for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) body.append(name, one)
    const init = { method: 'POST', body, headers: { Origin: 'http://127.0.0.1:8000', ...headers, Cookie: this.cookie } }
    return this.#take(await this.#guard.request(path, init))
  }

  /** The HTML of a page; throws if the status is not 200. */
  async read(path: string): Promise<string> {
    const response = await this.get(path)
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${path} was answered ${response.status}: ${text.slice(0, 500)}`)
    return text
  }

  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  #take(response: Response): Response {
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie)
    return response
  }

  #keep(cookie: string): void {
    const [pair = '', ...attributes] = cookie.split('; ')
    const [name = '', ...value] = pair.split('=')
    if (attributes.includes('Max-Age=0')) this.#cookies.delete(name)
    else this.#cookies.set(name, value.join('='))
  }
}

/** A signed-in user, who is created if necessary. */
export async function signedIn(guard: TestGuard, email: string): Promise<Visitor & { user: User }> {
  const user = findUserByEmail(guard.db, email) ?? guard.db.write((tx) => addUser(tx, { email, ...WITHOUT_PASSWORD }))
  const browser = { remoteAddress: '192.0.2.7', userAgent: 'test' }
  const cookie = await sessionCookie(guard, beginSession(guard.deps, { user, browser, provenHash: null }))
  return Object.assign(new Visitor(guard, [cookie]), { user })
}

/** The text of a page, without its markup. */
export const words = (html: string): string => html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')

export function sessionCookie({ deps }: TestGuard, sessionId: string): Promise<string> {
  return withBasePath(deps.config.basePath, () => createSessions(deps).cookie(sessionId))
}

/** A signed-in user who is a member of the project with this role. */
export async function memberOf(
  guard: TestGuard,
  project: Project,
  role: Role,
  email = `${role}@example.org`,
): Promise<Visitor & { user: User }> {
  const visitor = await signedIn(guard, email)
  guard.db.write((tx) => insertMembership(tx, { projectId: project.id, userId: visitor.user.id, role }))
  return visitor
}

const WITHOUT_PASSWORD = { passwordHash: 'none', isAdmin: false }
