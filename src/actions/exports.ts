// Exports projects, monitors and channels, without pings and users.
import { findKind } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import { type Channel, scopeTags } from '#domain/channel.ts'
import {
  EXPORT_FORMAT,
  EXPORT_VERSION,
  type Exported,
  type ExportedChannel,
  type ExportedProject,
  exportMaintenance,
  exportMonitor,
  exportRules,
} from '#domain/export.ts'
import type { MonitorScope } from '#domain/monitor-scope.ts'
import type { Project } from '#domain/project.ts'
import { version } from '#package.json' with { type: 'json' }
import { listChannelIdsByMonitor, listChannels } from '#store/channels.ts'
import type { Reader } from '#store/database.ts'
import { listWindows } from '#store/maintenance.ts'
import { findMonitorById, listMonitors } from '#store/monitors.ts'
import { badgeKeyOf, findHiddenWords, listProjects } from '#store/projects.ts'

/** All projects. The settings of channels that are secret only `withSecrets`. */
export function exportConfiguration({ db, clock }: Deps, { withSecrets }: { withSecrets: boolean }): Exported {
  return db.read((reader) => ({
    format: EXPORT_FORMAT,
    version: EXPORT_VERSION,
    cronguard: version,
    exported_at: new Date(clock.now()).toISOString(),
    with_secrets: withSecrets,
    projects: listProjects(reader).map((project) => exportProject(reader, { project, withSecrets, now: clock.now() })),
  }))
}

function exportProject(
  reader: Reader,
  { project, withSecrets, now }: { project: Project; withSecrets: boolean; now: number },
): ExportedProject {
  const channelIds = listChannelIdsByMonitor(reader, project.id)
  return {
    id: project.id,
    name: project.name,
    ping_key: project.pingKey,
    badge_key: badgeKeyOf(reader, project.id),
    hidden_words: findHiddenWords(reader, project.id).join('\n'),
    channels: listChannels(reader, project.id).map((channel) => exportChannel(channel, withSecrets)),
    monitors: listMonitors(reader, project.id).map((monitor) =>
      exportMonitor(monitor, channelIds.get(monitor.id) ?? []),
    ),
    maintenance: listWindows(reader, { projectId: project.id, since: now })
      .filter(({ from }) => from === null)
      .map((window) => exportMaintenance(window, pingKeyOf(reader, window.scope))),
  }
}

function pingKeyOf(reader: Reader, scope: MonitorScope): string | null {
  return scope.is === 'monitor' ? (findMonitorById(reader, scope.monitorId)?.pingKey ?? null) : null
}

export function exportChannel(channel: Channel, withSecrets: boolean): ExportedChannel {
  const settings = Object.entries(channel.settings as Record<string, unknown>)
  const isIncluded = (field: string): boolean => withSecrets || isPublic(channel.kind, field)
  return {
    id: channel.id,
    kind: channel.kind,
    name: channel.name,
    settings: Object.fromEntries(
      settings.filter(([field]) => isIncluded(field)).map(([field, value]) => [field, String(value)]),
    ),
    left_out: settings.map(([field]) => field).filter((field) => !isIncluded(field)),
    disabled: channel.disabledAt !== null,
    tells_blackouts: channel.notifiesGaps,
    ...exportRules(channel.rules),
    scope: channel.scope.is,
    scope_tags: scopeTags(channel.scope),
  }
}

// Only addresses are public. The URL of a webhook is secret, because it often is the only credential.
function isPublic(kind: string, field: string): boolean {
  return findKind(kind)?.fields.find(({ name }) => name === field)?.type === 'address'
}
