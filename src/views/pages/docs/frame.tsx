import type { Child } from '#jsx/jsx-runtime'
import { url } from '#lib/base-path.ts'
import { DOC_GROUPS, docPath } from './index.ts'
import { type DocHit, QUERY_MAX } from './search.ts'

interface DocFrameProps {
  /** The slug of the page that is shown; null for none of the list. */
  current: string | null
  /** What is searched for. */
  query?: string
  children?: Child
}

/** A page of the documentation beside the search and the way to the others. */
export function DocFrame({ current, query = '', children }: DocFrameProps) {
  return (
    <div class="docs">
      <div class="docs-side">
        <search>
          <form class="docs-search" method="get" action={url('/docs')}>
            <label class="visually-hidden" for="docs-query">
              Search the documentation
            </label>
            <input
              id="docs-query"
              type="search"
              name="q"
              value={query}
              maxlength={QUERY_MAX}
              placeholder="Search"
              autocomplete="off"
              required
            />
            <button type="submit" class="button">
              Search
            </button>
          </form>
        </search>
        <a class="docs-all" href="#docs-nav">
          All pages
        </a>
      </div>
      <article class="docs-page">{children}</article>
      <DocsNav current={current} />
    </div>
  )
}

// On a phone it is below the page, and a link leads to it.
function DocsNav({ current }: { current: string | null }) {
  return (
    <nav id="docs-nav" class="docs-nav" aria-label="Documentation">
      {DOC_GROUPS.map(({ title, docs }) => (
        <section>
          <h2>{title}</h2>
          <ul>
            {docs.map(({ slug, title }) => (
              <li>
                <a href={url(docPath(slug))} aria-current={slug === current ? 'page' : undefined}>
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </section>
      ))}
      <p>
        <a href={url('/docs/licenses')}>Third-party licenses</a>
      </p>
    </nav>
  )
}

/** What was found: page, section and the words around the match. */
export function DocResults({ query, hits }: { query: string; hits: readonly DocHit[] }) {
  return (
    <>
      <h1>Search results</h1>
      <p class="lead" role="status">
        {hits.length === 0 ? 'No results for ' : `${hits.length} ${hits.length === 1 ? 'result' : 'results'} for `}
        <strong dir="auto">{query}</strong>
        {hits.length === 0 && '. Try fewer or different words.'}
      </p>
      <ol class="docs-hits">
        {hits.map(({ address, page, section, excerpt }) => (
          <li>
            <a href={url(address)}>{section === '' ? page : `${page} › ${section}`}</a>
            <p>{excerpt.map((part, index) => (index % 2 === 0 ? part : <mark>{part}</mark>))}</p>
          </li>
        ))}
      </ol>
    </>
  )
}
