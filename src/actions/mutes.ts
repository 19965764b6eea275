// What keeps a monitor from notifying anyone: a snooze or maintenance.
import { maintenanceEnd } from '#domain/maintenance.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { MutedBy } from '#domain/notification.ts'
import type { Reader } from '#store/database.ts'
import { windowsOf } from './maintenance.ts'
import { snoozeOf } from './snoozes.ts'

export interface Mute {
  by: MutedBy
  /** Null: until the monitor recovers. */
  until: number | null
}

/** What mutes the monitor now; null if nothing does. Maintenance is named first, because it was planned. */
export function muteOf(
  reader: Reader,
  { monitor, now }: { monitor: Pick<Monitor, 'id' | 'tags' | 'projectId'>; now: number },
): Mute | null {
  const endsAt = maintenanceEnd(windowsOf(reader, { monitor, since: now }), now)
  if (endsAt !== null) return { by: 'maintenance', until: endsAt }
  const snooze = snoozeOf(reader, { monitor, now })
  return snooze && { by: 'snooze', until: snooze.endsAt }
}
