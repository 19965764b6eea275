import { Elysia } from 'elysia'
import { manualOf } from '#http/api/manual.ts'
import type { DescribedOperation } from '#http/api/operations.ts'
import { frameOf } from '#http/frame.ts'
import { anybody, type House, signedIn, type Visit } from '#http/guards.ts'
import { page } from '#http/respond.tsx'
import type { Markup } from '#jsx/jsx-runtime'
import { AppError } from '#lib/errors.ts'
import { localAddress } from '#lib/host.ts'
import { Frame } from '#views/layouts/frame.tsx'
import { Plain } from '#views/layouts/plain.tsx'
import { DocFrame, DocsIndex } from '#views/pages/docs/contents.tsx'
import { DOCS } from '#views/pages/docs/index.ts'
import { Licences } from '#views/pages/docs/licences.tsx'

/** For everybody: whoever writes a script need not sign in to read how to ping. */
export function docsRoutes(house: House, operations: readonly DescribedOperation[]) {
  const { config } = house.deps
  const { baseUrl } = config
  return new Elysia({ name: 'web/docs' })
    .get(
      '/docs',
      anybody(house, (visit) =>
        show(house, { visit, title: 'Documentation', slug: null, content: <DocsIndex baseUrl={baseUrl} /> }),
      ),
    )
    .get(
      '/docs/licences',
      anybody(house, (visit) => show(house, { visit, title: 'Licences', slug: null, content: <Licences /> })),
    )
    .get(
      '/docs/:page',
      anybody(house, (visit) => {
        const doc = DOCS.find(({ slug }) => slug === visit.params.page)
        if (!doc) throw new AppError('not_found', 'There is no such page in the documentation.')
        const content = <doc.Content baseUrl={baseUrl} upstream={localAddress(config)} manual={manualOf(operations)} />
        return show(house, { visit, title: doc.title, slug: doc.slug, content })
      }),
    )
}

interface Doc {
  visit: Visit
  title: string
  slug: string | null
  content: Markup
}

async function show(house: House, { visit, title, slug, content }: Doc): Promise<Response> {
  const body = <DocFrame current={slug}>{content}</DocFrame>
  const isStranger = (await house.sessions.find(visit.request)) === null
  if (isStranger)
    return page(
      <Plain title={title} isWide>
        {body}
      </Plain>,
    )
  const inFrame = signedIn(house, (known) =>
    page(
      <Frame visit={frameOf(known)} title={title} room="docs">
        {body}
      </Frame>,
    ),
  )
  return await inFrame({ request: visit.request, params: visit.params })
}
