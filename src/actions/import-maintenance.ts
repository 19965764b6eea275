// Imports planned maintenance.
import { type ExportedMaintenance, maintenanceTimesFrom } from '#domain/export.ts'
import type { MonitorScope } from '#domain/monitor-scope.ts'
import { AppError } from '#lib/errors.ts'
import type { Reader } from '#store/database.ts'
import { deleteWindow, findWindow, insertWindow } from '#store/maintenance.ts'
import { findMonitorByPingKey } from '#store/monitors.ts'
import { type Decision, noChange, noUndo } from './import-decisions.ts'
import { checkTimes } from './maintenance.ts'

/**
 * A window that is known or over stays as it is. Throws conflict for one of another project, and invalid for impossible
 * times.
 */
export function decideMaintenance(
  reader: Reader,
  { projectId, maintenance, now }: { projectId: string; maintenance: ExportedMaintenance; now: number },
): Decision {
  const { id, name, monitor, tag } = maintenance
  const known = findWindow(reader, id)
  if (known !== null && known.projectId !== projectId) {
    throw new AppError('conflict', `The maintenance "${name}" already exists on this server in another project.`)
  }
  const times = maintenanceTimesFrom(maintenance)
  if (times === null) throw new AppError('invalid', `The maintenance "${name}" has no end and no schedule.`)
  if (known !== null || (times.is === 'once' && times.endsAt <= now)) return noChange('unchanged')
  checkTimes(times, now)
  return {
    outcome: 'created',
    apply: (tx) => {
      const scope = scopeOf(tx, { projectId, monitor, tag })
      if (scope === null) return noUndo
      insertWindow(tx, { id, projectId, scope, name, times, userId: null, from: null })
      return (later) => deleteWindow(later, id)
    },
  }
}

/** Null if the monitor is not in the project. */
function scopeOf(
  reader: Reader,
  { projectId, monitor, tag }: { projectId: string } & Pick<ExportedMaintenance, 'monitor' | 'tag'>,
): MonitorScope | null {
  if (monitor === null) return tag === null ? { is: 'project' } : { is: 'tag', tag }
  const found = findMonitorByPingKey(reader, monitor)
  return found?.projectId === projectId ? { is: 'monitor', monitorId: found.id } : null
}
