import { splitLinks } from '#lib/links.ts'

/** A text in which web addresses are links, and nothing else is. */
export function Linked({ text }: { text: string }) {
  return (
    <>
      {splitLinks(text).map((part) =>
        part.isUrl ? (
          <a href={part.text} rel="noopener noreferrer nofollow">
            {part.text}
          </a>
        ) : (
          part.text
        ),
      )}
    </>
  )
}
