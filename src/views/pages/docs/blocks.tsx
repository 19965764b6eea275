// Our own Markdown as markup. Every text is escaped, also what was filled in; markup in a page is an error.
import type { Token } from 'marked'
import type { Child, Markup } from '#jsx/jsx-runtime'
import { url } from '#lib/base-path.ts'
import { type Cell, plainText } from './markdown.ts'

interface BlocksProps {
  tokens: readonly Token[]
  /** Labels a table for screen readers with the heading above it. */
  label: string
}

export function Blocks({ tokens, label }: BlocksProps): Markup {
  return <>{tokens.map((token) => block(token, label))}</>
}

function block(token: Token, label: string): Child {
  switch (token.type) {
    case 'space':
      return null
    case 'html':
      return withoutMarkup(token.raw)
    case 'paragraph':
      return <p>{inline(token.tokens)}</p>
    case 'text':
      return inline('tokens' in token && token.tokens ? token.tokens : [token])
    case 'code':
      return (
        <pre>
          <code>{token.text}</code>
        </pre>
      )
    case 'blockquote':
      return (
        <div class="docs-note">
          <Blocks tokens={token.tokens ?? []} label={label} />
        </div>
      )
    case 'list': {
      const items = token.items.map((item: { tokens: Token[] }) => (
        <li>
          <Blocks tokens={item.tokens} label={label} />
        </li>
      ))
      return token.ordered ? <ol>{items}</ol> : <ul>{items}</ul>
    }
    case 'table':
      return <Table label={label} head={token.header} rows={token.rows} />
    default:
      throw new Error(`The documentation cannot show ${token.type}: ${token.raw}`)
  }
}

// Comments mark what is generated. Anything else is a mistake, such as <uuid> outside of code.
function withoutMarkup(html: string): null {
  if (html.replace(/<!--[\s\S]*?-->/g, '').trim() !== '') throw new Error(`The documentation has markup: ${html}`)
  return null
}

interface TableProps {
  label: string
  head: readonly Cell[]
  rows: readonly (readonly Cell[])[]
}

/** A table that scrolls by itself where the screen is narrow; the first cell of a row names it. */
function Table({ label, head, rows }: TableProps) {
  // Where the head is not shown, each cell names its column, unless there is only one.
  const labels = head.length > 2 ? head.map(({ tokens }) => plainText(tokens)) : []
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls.
    <div class="scroll" role="group" tabindex="0" aria-label={label}>
      <table>
        <thead>
          <tr>
            {head.map(({ tokens }) => (
              <th scope="col">{inline(tokens)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, ...cells]) => (
            <tr>
              <th scope="row">{inline(name?.tokens)}</th>
              {cells.map(({ tokens }, index) => (
                <td data-label={labels[index + 1]}>{inline(tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function inline(tokens: readonly Token[] = []): Child {
  return tokens.map((token) => {
    switch (token.type) {
      case 'text':
      case 'escape':
        return token.text
      case 'codespan':
        return <code>{token.text}</code>
      case 'strong':
        return <strong>{inline(token.tokens)}</strong>
      case 'em':
        return <em>{inline(token.tokens)}</em>
      case 'br':
        return <br />
      case 'link':
        return link(docAddress(token.href), inline(token.tokens))
      case 'image':
        return null
      case 'html':
        return withoutMarkup(token.raw)
      default:
        throw new Error(`The documentation cannot show ${token.type}: ${token.raw}`)
    }
  })
}

function link(address: string | null, text: Child): Child {
  return address === null ? text : <a href={address}>{text}</a>
}

/**
 * Where a link between the files leads here: `schedules.md#grace-period` is `/docs/schedules#grace-period`. Null: to a
 * file that only the source code has.
 */
function docAddress(href: string): string | null {
  if (/^(https?:|#)/.test(href)) return href
  const [, name = '', anchor = ''] = /^([\w-]+)\.md(#[\w-]+)?$/.exec(href) ?? []
  if (name === '') return null
  return url(name === 'README' ? `/docs${anchor}` : `/docs/${name}${anchor}`)
}
