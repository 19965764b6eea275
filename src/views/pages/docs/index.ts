import type { Markup } from '#jsx/jsx-runtime'
import { Alerts } from './alerts.tsx'
import { Api, type ApiManual } from './api.tsx'
import { Backup } from './backup.tsx'
import { Configuration } from './configuration.tsx'
import { OtherTools } from './other-tools.tsx'
import type { DocProps } from './parts.tsx'
import { Pinging } from './pinging.tsx'
import { BehindProxy } from './proxy.tsx'
import { Schedules } from './schedules.tsx'

export interface Doc {
  /** Its address below `/docs/`. */
  slug: string
  title: string
  summary: string
  Content: (props: DocProps & { upstream: string; manual: ApiManual }) => Markup
}

/** The pages of the documentation, in the order in which a beginner needs them. */
export const DOCS: readonly Doc[] = [
  {
    slug: 'pinging',
    title: 'Pinging',
    summary: 'How a job reports: curl and wget, exit status, start, run ids, output.',
    Content: Pinging,
  },
  {
    slug: 'other-tools',
    title: 'Coming from another tool',
    summary: 'Which pings of other tools are understood, and what they come to.',
    Content: OtherTools,
  },
  {
    slug: 'schedules',
    title: 'Schedules',
    summary: 'When a ping is due, how long a late job is forgiven, and what pausing does.',
    Content: Schedules,
  },
  {
    slug: 'alerts',
    title: 'Alerts',
    summary: 'When people are told, by e-mail or webhook, and how a message is tried again.',
    Content: Alerts,
  },
  {
    slug: 'api',
    title: 'API',
    summary: 'Monitors, channels and incidents by script, and clients of Healthchecks.',
    Content: Api,
  },
  {
    slug: 'configuration',
    title: 'Configuration',
    summary: 'Every setting, mail, commands, health and logs.',
    Content: Configuration,
  },
  {
    slug: 'proxy',
    title: 'Behind a proxy',
    summary: 'Caddy, nginx and Traefik; below a path; over a unix socket.',
    Content: BehindProxy,
  },
  {
    slug: 'backup',
    title: 'Backup',
    summary: 'Backups by night and by hand, the way back, export and import, replication.',
    Content: Backup,
  },
]
