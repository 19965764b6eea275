import { url } from '#lib/base-path.ts'
import { Plain } from '#views/layouts/plain.tsx'

interface ErrorPageProps {
  status: number
  message: string
  /** Not signed in: the page from which the request came, to go on with. */
  next: string | null
}

const TITLES: Record<number, string> = {
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Not now',
  422: 'Not usable',
  429: 'Too many tries',
  500: 'Something went wrong',
  503: 'CronGuard cannot save anything',
}

export function ErrorPage({ status, message, next }: ErrorPageProps) {
  const title = TITLES[status] ?? 'Not possible'
  return (
    <Plain title={title}>
      <p class="error-number" aria-hidden="true">
        {status}
      </p>
      <h1>{title}</h1>
      <p class="lead">{message}</p>
      <p>
        {status === 401 ? (
          <a href={url(next === null ? '/login' : `/login?next=${encodeURIComponent(next)}`)}>Sign in</a>
        ) : (
          <a href={url('/')}>To the monitors</a>
        )}
      </p>
    </Plain>
  )
}
