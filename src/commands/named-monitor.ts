import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { AppError } from '#lib/errors.ts'
import type { Reader } from '#store/database.ts'
import { listMonitors } from '#store/monitors.ts'

/** The monitor with this name, slug or key. Throws not_found, and conflict when several match. */
export function findMonitor(reader: Reader, project: Project, meant: string): Monitor {
  const found = listMonitors(reader, project.id).filter(
    ({ pingKey, uniqueKey, slug, name }) =>
      [pingKey, uniqueKey, slug, name].includes(meant) || (meant.length >= SHORT_KEY && uniqueKey.startsWith(meant)),
  )
  const [monitor, another] = found
  if (monitor === undefined) throw new AppError('not_found', `The project ${project.name} has no monitor ${meant}.`)
  if (another) {
    const keys = found.map(({ uniqueKey }) => shortKey(uniqueKey)).join(', ')
    throw new AppError('conflict', `Several monitors are named ${meant}. Use a key instead: ${keys}.`)
  }
  return monitor
}

/** The prefix of the unique key that identifies a monitor, like the short hash of a commit. */
const SHORT_KEY = 10

export function shortKey(uniqueKey: string): string {
  return uniqueKey.slice(0, SHORT_KEY)
}
