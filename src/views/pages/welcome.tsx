import { Document } from '#views/layouts/document.tsx'

interface WelcomePageProps {
  baseUrl: string
  hasUsers: boolean
}

/** What stands at `/` before anybody can sign in with a browser: the way to the first monitor. */
export function WelcomePage({ baseUrl, hasUsers }: WelcomePageProps) {
  return (
    <Document title="CronGuard">
      <h1>A dead man's switch for your cron jobs</h1>
      <p class="lead">
        {hasUsers
          ? 'This CronGuard is running. Monitors are made with an API key, and jobs report with one curl.'
          : 'This CronGuard is running, and nobody has an account yet. Three steps lead to the first alert.'}
      </p>
      <ol class="steps">
        <li>
          <h2>Create a user, on the machine it runs on</h2>
          <pre>
            <code>cronguard user create you@example.com --admin</code>
          </pre>
          <p>It prints a password. An API key signs you in from scripts:</p>
          <pre>
            <code>KEY=$(cronguard key create you@example.com)</code>
          </pre>
        </li>
        <li>
          <h2>Say whom to tell, and what to watch</h2>
          <pre>
            <code>{createExample(baseUrl)}</code>
          </pre>
        </li>
        <li>
          <h2>Let the job report</h2>
          <p>The answer holds a ping URL. Call it after each run:</p>
          <pre>
            <code>{`0 3 * * *  backup.sh && curl -fsS -m 10 --retry 5 --retry-connrefused ${baseUrl}/ping/…`}</code>
          </pre>
        </li>
      </ol>
    </Document>
  )
}

function createExample(baseUrl: string): string {
  return [
    `curl ${baseUrl}/api/v3/channels/ -H "X-Api-Key: $KEY" \\`,
    `  -d '{"kind": "email", "name": "me", "settings": {"address": "you@example.com"}}'`,
    `curl ${baseUrl}/api/v3/checks/ -H "X-Api-Key: $KEY" \\`,
    `  -d '{"name": "backup", "timeout": 86400, "grace": 3600, "channels": "*"}'`,
  ].join('\n')
}
