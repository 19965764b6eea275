import alerts from '#assets/docs/alerts.md' with { type: 'text' }
import api from '#assets/docs/api.md' with { type: 'text' }
import backup from '#assets/docs/backup.md' with { type: 'text' }
import badges from '#assets/docs/badges.md' with { type: 'text' }
import channels from '#assets/docs/channels.md' with { type: 'text' }
import commands from '#assets/docs/commands.md' with { type: 'text' }
import configuration from '#assets/docs/configuration.md' with { type: 'text' }
import development from '#assets/docs/development.md' with { type: 'text' }
import email from '#assets/docs/email-pings.md' with { type: 'text' }
import firstMonitor from '#assets/docs/getting-started.md' with { type: 'text' }
import installing from '#assets/docs/installing.md' with { type: 'text' }
import metrics from '#assets/docs/metrics.md' with { type: 'text' }
import migrating from '#assets/docs/migrating.md' with { type: 'text' }
import monitors from '#assets/docs/monitors.md' with { type: 'text' }
import operating from '#assets/docs/operating.md' with { type: 'text' }
import pinging from '#assets/docs/pinging.md' with { type: 'text' }
import proxy from '#assets/docs/proxy.md' with { type: 'text' }
import overview from '#assets/docs/README.md' with { type: 'text' }
import schedules from '#assets/docs/schedules.md' with { type: 'text' }
import team from '#assets/docs/team.md' with { type: 'text' }
import upgrading from '#assets/docs/upgrading.md' with { type: 'text' }
import webhooks from '#assets/docs/webhooks.md' with { type: 'text' }

export interface Doc {
  /** Its address below `/docs/`, and the name of its file; empty for the overview at `/docs`. */
  slug: string
  title: string
  source: string
}

interface DocGroup {
  title: string
  docs: readonly Doc[]
}

/** The pages in the order in which people need them. */
export const DOC_GROUPS: readonly DocGroup[] = [
  group('Start', { '': overview, 'getting-started': firstMonitor, migrating }),
  group('Monitor jobs', { pinging, schedules, monitors, 'email-pings': email }),
  group('Get notified', { alerts, channels, webhooks, team }),
  group('Integrate', { api, badges, metrics }),
  group('Run the server', { installing, configuration, commands, proxy, backup, upgrading, operating, development }),
]

export const DOCS = DOC_GROUPS.flatMap(({ docs }) => docs)

function group(title: string, sources: Record<string, string>): DocGroup {
  return { title, docs: Object.entries(sources).map(([slug, source]) => ({ slug, title: titleOf(source), source })) }
}

// The first line: "# Schedules".
function titleOf(source: string): string {
  return source.slice(2, source.indexOf('\n'))
}

export function docPath(slug: string): string {
  return slug === '' ? '/docs' : `/docs/${slug}`
}
