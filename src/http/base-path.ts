// CronGuard below a path of somebody else's host, like https://example.com/cron. Inside, everything stands at the root:
// the path is taken off what comes in, and put before every address that goes out.
import { markupBelow } from '#views/base-path.ts'
import { ADDRESS_HEADERS } from './respond.tsx'
import { askedPath, withPath } from './url.ts'
import { withText } from './zip.ts'

type Door = (request: Request, connected: string | null) => Response | Promise<Response>

/** A front door below `basePath`, like "/cron"; some proxies take that off, and some leave it. */
export function belowBasePath(handler: Door, basePath: string): Door {
  return async (request, connected) => outward(await handler(inward(request, basePath), connected), basePath)
}

/** A path and its query as they are inside. */
export function withoutBasePath(path: string, basePath: string): string {
  if (basePath === '' || !isBelow(path, basePath)) return path
  const rest = path.slice(basePath.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

function isBelow(path: string, basePath: string): boolean {
  return path.startsWith(basePath) && /^(?:[/?]|$)/.test(path.slice(basePath.length))
}

function inward(request: Request, basePath: string): Request {
  const asked = askedPath(request.url)
  // Slashes too many before it stay, and only pings are understood with them.
  const extra = /^\/*(?=\/)/.exec(asked)?.[0] ?? ''
  const path = extra + withoutBasePath(asked.slice(extra.length), basePath)
  return path === asked ? request : withPath(request, path)
}

async function outward(response: Response, basePath: string): Promise<Response> {
  const { headers } = response
  for (const name of ADDRESS_HEADERS) {
    const address = headers.get(name)
    if (address?.startsWith('/')) headers.set(name, basePath + address)
  }
  const cookies = headers.getSetCookie()
  headers.delete('Set-Cookie')
  for (const cookie of cookies) headers.append('Set-Cookie', cookie.replace('; Path=/;', `; Path=${basePath};`))
  const isMarkup = headers.get('Content-Type')?.startsWith('text/html') ?? false
  return isMarkup ? withText(response, (html) => markupBelow(html, basePath)) : response
}
