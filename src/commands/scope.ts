// Which monitors of a project a command is about.
import type { Command } from 'commander'
import { requireTag } from '#actions/snoozes.ts'
import { shownName } from '#domain/monitor.ts'
import type { MonitorScope } from '#domain/monitor-scope.ts'
import type { Project } from '#domain/project.ts'
import { readLength } from '#domain/schedule-input.ts'
import { AppError } from '#lib/errors.ts'
import type { Reader } from '#store/database.ts'
import { findMonitorById } from '#store/monitors.ts'
import { findMonitor } from './named-monitor.ts'

export interface ScopeOptions {
  project?: string
  monitor?: string
  tag?: string
}

export function addScopeOptions(command: Command): Command {
  return command
    .option('--project <name>', 'project name or ID (default: the first one)')
    .option('--monitor <name>', 'monitor name, slug or key')
    .option('--tag <tag>', 'monitors with this tag')
}

/** Without a monitor and a tag, all of the project. Throws not_found and invalid. */
export function readScope(reader: Reader, project: Project, { monitor, tag }: ScopeOptions): MonitorScope {
  if (monitor !== undefined && tag !== undefined) throw new AppError('invalid', 'Use --monitor or --tag, not both.')
  if (monitor !== undefined) return { is: 'monitor', monitorId: findMonitor(reader, project, monitor).id }
  return tag === undefined ? { is: 'project' } : { is: 'tag', tag: requireTag(reader, { projectId: project.id, tag }) }
}

/** The monitor and the tag, for JSON. */
export function scopeAsObject(reader: Reader, scope: MonitorScope) {
  const monitor = scope.is === 'monitor' ? findMonitorById(reader, scope.monitorId) : null
  return { monitor: monitor && shownName(monitor), tag: scope.is === 'tag' ? scope.tag : null }
}

export function scopeInTable({ monitor, tag }: { monitor: string | null; tag: string | null }): string {
  return monitor ?? (tag === null ? 'all' : `tag ${tag}`)
}

/** The milliseconds of an option such as "2h". Throws invalid. */
export function readDuration(option: string, text: string): number {
  const ms = readLength(text)
  if (ms !== null && ms > 0) return ms
  throw new AppError('invalid', `${option}: "${text}" is not a duration. Write it as "90s", "10 minutes" or "1h 30m".`)
}
