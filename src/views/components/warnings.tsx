import { url } from '#lib/base-path.ts'
import type { Warning } from '#words/warnings.ts'
import { Icon } from './icon.tsx'

/** Warnings for the administrator of the server, and about the project of the page. */
export function Warnings({ warnings }: { warnings: Warning[] }) {
  return (
    <>
      {warnings.map(({ text, channels = [], projectId }) => (
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
            {projectId && (
              <>
                {' '}
                <a href={url(`/projects/${projectId}/channels`)}>View channels</a>
              </>
            )}
          </span>
        </p>
      ))}
    </>
  )
}
