import type { Child } from '#jsx/jsx-runtime'
import { url } from '#lib/base-path.ts'
import { DOCS } from './index.ts'
import { CURL, type DocProps, SAMPLE_KEY, Sample, Text } from './parts.tsx'

/** What stands at `/docs`: the shortest way to a watched job, and the pages. */
export function DocsIndex({ baseUrl }: DocProps) {
  return (
    <>
      <h1>Documentation</h1>
      <p class="lead">CronGuard tells people when a job did not report. These pages are about this instance.</p>
      <section id="shortest-way" class="docs-section">
        <h2>The shortest way</h2>
        <Text>
          Add a channel and send a test through it. Then create a monitor, say how often its job runs, and let the job
          call its ping URL when it is done:
        </Text>
        <Sample lines={[`0 3 * * *  backup.sh && ${CURL} ${baseUrl}/ping/${SAMPLE_KEY}`]} />
        <Text>
          From the first ping on the monitor is watched. When a ping stays away for longer than the period and the
          grace, the channels of the monitor are told, and again when the job is back.
        </Text>
      </section>
      <section id="pages" class="docs-section">
        <h2>Pages</h2>
        <ul class="docs-pages">
          {DOCS.map(({ slug, title, summary }) => (
            <li>
              <a href={url(`/docs/${slug}`)}>{title}</a>
              <p>{summary}</p>
            </li>
          ))}
        </ul>
        <p class="aside">
          CronGuard is free software under the MIT licence.{' '}
          <a href={url('/docs/licences')}>Licences of the parts of others</a>
        </p>
      </section>
    </>
  )
}

interface DocFrameProps {
  /** The slug of the page that is shown; null at `/docs`. */
  current: string | null
  children?: Child
}

/** A page of the documentation beside the way to the others. */
export function DocFrame({ current, children }: DocFrameProps) {
  return (
    <div class="docs">
      <DocsNav current={current} />
      <article class="docs-page">{children}</article>
    </div>
  )
}

/** The way between the pages; `current` is the slug of the page that is shown, or null at `/docs`. */
export function DocsNav({ current }: { current: string | null }) {
  return (
    <nav class="docs-nav" aria-label="Documentation">
      <ul>
        <li>{link({ href: url('/docs'), title: 'Documentation', isCurrent: current === null })}</li>
        {DOCS.map(({ slug, title }) => (
          <li>{link({ href: url(`/docs/${slug}`), title, isCurrent: slug === current })}</li>
        ))}
      </ul>
    </nav>
  )
}

function link({ href, title, isCurrent }: { href: string; title: string; isCurrent: boolean }) {
  return (
    <a href={href} aria-current={isCurrent ? 'page' : undefined}>
      {title}
    </a>
  )
}
