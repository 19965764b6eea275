import { frameOf } from '#http/frame.ts'
import { anyone, type PageRequest, signedIn, type WebDeps } from '#http/guards.ts'
import { page } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import type { Markup } from '#jsx/jsx-runtime'
import { AppError } from '#lib/errors.ts'
import { localAddress } from '#lib/host.ts'
import { Frame } from '#views/layouts/frame.tsx'
import { Plain } from '#views/layouts/plain.tsx'
import { DocFrame, DocResults } from '#views/pages/docs/frame.tsx'
import { createDocLibrary } from '#views/pages/docs/library.tsx'
import { Licenses } from '#views/pages/docs/licenses.tsx'
import { QUERY_MAX } from '#views/pages/docs/search.ts'
import { docValues } from '#views/pages/docs/values.ts'

/** Public, because people who write scripts read about pings without an account. */
export function docsRoutes(web: WebDeps) {
  const { config } = web.deps
  const library = createDocLibrary(docValues({ baseUrl: config.baseUrl, upstream: localAddress(config) }))
  const showDoc = (context: PageRequest, slug: string) => {
    const shown = library.find(slug)
    if (shown === null) throw new AppError('not_found', 'Page not found in the documentation.')
    return show(web, { context, title: shown.doc.title, slug, content: shown.content })
  }
  return cookieRoutes(web.deps, 'web/docs')
    .get(
      '/docs',
      anyone(web, (context) => {
        const query = (context.query.get('q') ?? '').trim().slice(0, QUERY_MAX)
        if (query === '') return showDoc(context, '')
        const content = <DocResults query={query} hits={library.search(query)} />
        return show(web, { context, title: 'Search results', slug: null, query, content })
      }),
    )
    .get(
      '/docs/licenses',
      anyone(web, (context) =>
        show(web, { context, title: 'Third-party licenses', slug: null, content: <Licenses /> }),
      ),
    )
    .get(
      '/docs/:page',
      anyone(web, (context) => showDoc(context, context.params.page ?? '')),
    )
}

interface Shown {
  context: PageRequest
  title: string
  slug: string | null
  query?: string
  content: Markup
}

async function show(web: WebDeps, { context, title, slug, query = '', content }: Shown): Promise<Response> {
  const body = (
    <DocFrame current={slug} query={query}>
      {content}
    </DocFrame>
  )
  const isStranger = (await web.sessions.find(context.request)) === null
  if (isStranger)
    return page(
      <Plain title={title} isWide>
        {body}
      </Plain>,
    )
  const inFrame = signedIn(web, (known) =>
    page(
      <Frame context={frameOf(known)} title={title} room="docs">
        {body}
      </Frame>,
    ),
  )
  return await inFrame({ request: context.request, params: context.params })
}
