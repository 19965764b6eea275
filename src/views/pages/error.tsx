import { url } from '#lib/base-path.ts'
import { Plain } from '#views/layouts/plain.tsx'

interface ErrorPageProps {
  status: number
  message: string
  /** For an expired session: the page to return to after the sign-in. */
  next: string | null
}

const TITLES: Record<number, string> = {
  401: 'Not signed in',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Conflict',
  422: 'Invalid input',
  429: 'Too many attempts',
  500: 'Unexpected error',
  503: "CronGuard can't save changes",
}

export function ErrorPage({ status, message, next }: ErrorPageProps) {
  const title = TITLES[status] ?? 'Request failed'
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
          <a href={url('/')}>Back to monitors</a>
        )}
      </p>
    </Plain>
  )
}
