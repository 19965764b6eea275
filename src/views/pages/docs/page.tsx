import { Blocks } from './blocks.tsx'
import type { DocSection, ParsedDoc } from './markdown.ts'

/** One page: title, lead, what is on it, and its sections. */
export function DocPage({ doc: { title, intro, sections } }: { doc: ParsedDoc }) {
  const [lead, ...rest] = intro.filter(({ type }) => type !== 'space')
  return (
    <>
      <h1>{title}</h1>
      <div class="lead">
        <Blocks tokens={lead === undefined ? [] : [lead]} label={title} />
      </div>
      <Contents sections={sections.filter(({ depth }) => depth === 2)} />
      {rest.length > 0 && (
        <section class="docs-section">
          <Blocks tokens={rest} label={title} />
        </section>
      )}
      {groupsOf(sections).map(([section, ...below]) => (
        <section id={section.id} class="docs-section">
          <h2>
            <Anchor section={section} />
          </h2>
          <Blocks tokens={section.tokens} label={section.title} />
          {below.map((part) => (
            <>
              <h3 id={part.id}>
                <Anchor section={part} />
              </h3>
              <Blocks tokens={part.tokens} label={part.title} />
            </>
          ))}
        </section>
      ))}
    </>
  )
}

type SectionGroup = [DocSection, ...DocSection[]]

function groupsOf(sections: readonly DocSection[]): SectionGroup[] {
  const groups: SectionGroup[] = []
  for (const section of sections) {
    const group = groups.at(-1)
    if (section.depth > 2 && group !== undefined) group.push(section)
    else groups.push([section])
  }
  return groups
}

// The heading is its own link, so that an address with an anchor can be copied.
function Anchor({ section: { id, title } }: { section: DocSection }) {
  return (
    <a class="docs-anchor" href={`#${id}`}>
      {title}
    </a>
  )
}

function Contents({ sections }: { sections: readonly DocSection[] }) {
  if (sections.length < 2) return null
  return (
    <nav class="docs-contents" aria-label="On this page">
      <details>
        <summary>On this page</summary>
        <ul>
          {sections.map(({ id, title }) => (
            <li>
              <a href={`#${id}`}>{title}</a>
            </li>
          ))}
        </ul>
      </details>
    </nav>
  )
}
