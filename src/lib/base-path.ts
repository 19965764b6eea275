// CronGuard may run below a path of someone else's host, like https://example.com/cron. Its code names every page by
// the path inside, like "/settings"; only `url` knows where that is for a browser.
import { AsyncLocalStorage } from 'node:async_hooks'

/** An address for a browser, as `url` makes it. */
export type Address = string & { readonly madeBy: 'url' }

const current = new AsyncLocalStorage<string>()

/** Runs `work`, in which `url` puts `basePath` (like "/cron", or "") before each path. */
export function withBasePath<T>(basePath: string, work: () => T): T {
  return current.run(basePath, work)
}

/** The address of a path of ours: "/settings" is "/cron/settings" below "/cron". */
export function url(path: string): Address {
  const basePath = current.getStore()
  // Without this error, a page would work at the root and break below a path.
  if (basePath === undefined) throw new Error(`The address of ${path} was asked for outside of withBasePath`)
  return (basePath + path) as Address
}
