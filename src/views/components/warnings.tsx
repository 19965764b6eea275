import { url } from '#lib/base-path.ts'
import type { Warning } from '#words/warnings.ts'
import { Icon } from './icon.tsx'

/** What the owner of this CronGuard should look at; nothing when there is nothing. */
export function Warnings({ warnings }: { warnings: Warning[] }) {
  return (
    <>
      {warnings.map(({ text, channels = [] }) => (
        <p class="banner" role="note">
          <Icon name="alert" />
          <span>
            {text}
            {channels.map(({ id, name }, index) => (
              <>
                {index === 0 ? ' ' : ', '}
                <a href={url(`/channels/${id}`)}>
                  <bdi>{name}</bdi>
                </a>
              </>
            ))}
          </span>
        </p>
      ))}
    </>
  )
}
