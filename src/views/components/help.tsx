import { url } from '#lib/base-path.ts'
import { HELP, type HelpTopic } from '#views/help.ts'

/** Links a screen to the docs page that explains it. */
export function HelpLink({ topic }: { topic: HelpTopic }) {
  return (
    <a class="quiet-link" href={url(`/docs${HELP[topic]}`)} aria-current={topic === 'docs' ? 'page' : undefined}>
      Help
    </a>
  )
}
