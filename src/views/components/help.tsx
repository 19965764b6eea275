import { url } from '#lib/base-path.ts'
import { HELP, type HelpTopic } from '#views/help.ts'

/** The way from a screen to the page of the documentation that explains it. */
export function HelpLink({ topic }: { topic: HelpTopic }) {
  return (
    <a class="bar-link" href={url(`/docs${HELP[topic]}`)} aria-current={topic === 'docs' ? 'page' : undefined}>
      Help
    </a>
  )
}
