import { Elysia } from 'elysia'
import { manualOf } from '#http/api/manual.ts'
import type { DescribedOperation } from '#http/api/operations.ts'
import { frameOf } from '#http/frame.ts'
import { anybody, type PageRequest, signedIn, type WebDeps } from '#http/guards.ts'
import { page } from '#http/respond.tsx'
import type { Markup } from '#jsx/jsx-runtime'
import { AppError } from '#lib/errors.ts'
import { localAddress } from '#lib/host.ts'
import { Frame } from '#views/layouts/frame.tsx'
import { Plain } from '#views/layouts/plain.tsx'
import { DocFrame, DocsIndex } from '#views/pages/docs/contents.tsx'
import { DOCS } from '#views/pages/docs/index.ts'
import { Licenses } from '#views/pages/docs/licences.tsx'

/** For everybody: whoever writes a script need not sign in to read how to ping. */
export function docsRoutes(web: WebDeps, operations: readonly DescribedOperation[]) {
  const { config } = web.deps
  const { baseUrl } = config
  return new Elysia({ name: 'web/docs' })
    .get(
      '/docs',
      anybody(web, (context) =>
        show(web, { context, title: 'Documentation', slug: null, content: <DocsIndex baseUrl={baseUrl} /> }),
      ),
    )
    .get(
      '/docs/licences',
      anybody(web, (context) => show(web, { context, title: 'Licences', slug: null, content: <Licenses /> })),
    )
    .get(
      '/docs/:page',
      anybody(web, (context) => {
        const doc = DOCS.find(({ slug }) => slug === context.params.page)
        if (!doc) throw new AppError('not_found', 'There is no such page in the documentation.')
        const content = <doc.Content baseUrl={baseUrl} upstream={localAddress(config)} manual={manualOf(operations)} />
        return show(web, { context, title: doc.title, slug: doc.slug, content })
      }),
    )
}

interface Doc {
  context: PageRequest
  title: string
  slug: string | null
  content: Markup
}

async function show(web: WebDeps, { context, title, slug, content }: Doc): Promise<Response> {
  const body = <DocFrame current={slug}>{content}</DocFrame>
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
