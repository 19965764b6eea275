// What the pages of the documentation are made of.
import type { Child, Markup } from '#jsx/jsx-runtime'

export interface DocProps {
  /** Where people and jobs reach this CronGuard; without a slash at the end. */
  baseUrl: string
}

export interface DocSection {
  /** The anchor; unique on its page. */
  id: string
  title: string
  Content: (props: DocProps) => Markup
}

interface DocPageProps extends DocProps {
  title: string
  lead: string
  sections: readonly DocSection[]
}

/** One page: heading, lead, what is on it, and its sections. */
export function DocPage({ title, lead, sections, baseUrl }: DocPageProps) {
  return (
    <>
      <h1>{title}</h1>
      <p class="lead">{prose(lead)}</p>
      <nav class="docs-contents" aria-label="On this page">
        <ul>
          {sections.map(({ id, title }) => (
            <li>
              <a href={`#${id}`}>{title}</a>
            </li>
          ))}
        </ul>
      </nav>
      {sections.map((section) => (
        <section id={section.id} class="docs-section">
          <h2>{section.title}</h2>
          <section.Content baseUrl={baseUrl} />
        </section>
      ))}
    </>
  )
}

/** A paragraph; what stands between backticks is code. */
export function Text({ children }: { children: string }) {
  return <p>{prose(children)}</p>
}

/** Something to paste or to compare with, line by line. */
export function Sample({ lines }: { lines: readonly string[] }) {
  return (
    <pre>
      <code>{lines.join('\n')}</code>
    </pre>
  )
}

interface TableProps {
  /** Says what the table holds, for who cannot see it. */
  label: string
  head: readonly string[]
  rows: readonly (readonly string[])[]
}

/** A table that scrolls by itself where the screen is narrow; the first cell of a row names it. */
export function Table({ label, head, rows }: TableProps) {
  return (
    <section class="scroll" tabindex="0" aria-label={label}>
      <table>
        <thead>
          <tr>
            {head.map((title) => (
              <th scope="col">{title}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells) => (
            <Row cells={cells} head={head} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

// Where the head is not shown, each cell names its column, unless there is only one.
function Row({ cells: [name = '', ...cells], head }: { cells: readonly string[]; head: readonly string[] }) {
  const labels = head.length > 2 ? head.slice(1) : []
  return (
    <tr>
      <th scope="row">{prose(name)}</th>
      {cells.map((cell, index) => (
        <td data-label={labels[index]}>{prose(cell)}</td>
      ))}
    </tr>
  )
}

function prose(text: string): Child {
  return text.split('`').map((part, index) => (index % 2 === 0 ? part : <code>{part}</code>))
}

/** A ping key that no monitor has. */
export const SAMPLE_KEY = '0e3c4f2a-5b6d-4c7e-8f90-a1b2c3d4e5f6'

/** One command for a script: curl itself tries again, whatever went wrong. It needs curl 7.71. */
export const CURL = 'curl -fs -m 10 --retry 5 --retry-all-errors -o /dev/null'

const ONE_TRY = {
  curl: 'curl -fsS -m 10 -o /dev/null',
  wget: 'wget -nv -T 10 -t 1 -O /dev/null',
}

/**
 * A line for a crontab that reports the exit status. It works with every curl and wget, and prints nothing unless every
 * try failed, because cron mails whatever is printed.
 * @NOTE assets/snippets/crontab.txt and the README have the same line.
 */
export function crontabLine(pingUrl: string, tool: keyof typeof ONE_TRY = 'curl'): string {
  const tries = `for t in 0 1 2 4 8 16; do sleep $t; e=$(${ONE_TRY[tool]} ${pingUrl}/$s 2>&1) && exit; done; echo "$e"`
  return `0 3 * * *  backup.sh; s=$?; ${tries}`
}
