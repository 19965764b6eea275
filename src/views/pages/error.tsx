import { Document } from '#views/layouts/document.tsx'

interface ErrorPageProps {
  status: number
  message: string
}

export function ErrorPage({ status, message }: ErrorPageProps) {
  return (
    <Document title={`${status} · CronGuard`}>
      <h1>{status}</h1>
      <p class="lead">{message}</p>
      <p>
        <a href="/">To the start</a>
      </p>
    </Document>
  )
}
