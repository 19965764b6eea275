import { alertAdmins, openAdminAlerts, type Problems, readRecipients } from '#actions/admin-alerts.ts'
import { readStorageWarning, readWarnings } from '#actions/warnings.ts'
import type { Deps } from '#deps.ts'
import { MINUTE, SECOND } from '#lib/duration.ts'
import type { Loop } from './index.ts'

/** Reading the warnings costs more than asking whether the disk refuses writes, which is urgent. */
const READ_EVERY_MS = MINUTE

/** Logs each warning once when it starts and once when it is resolved, and alerts the administrators. */
export function createWarner(deps: Deps, isDiskRefusing: () => boolean = () => false): Loop {
  const alerts = openAdminAlerts(deps)
  let known = new Set<string>()
  let readAt: number | null = null

  const tick = async (): Promise<void> => {
    const storage = isDiskRefusing() ? readStorageWarning(deps) : null
    const problems: Problems = { warnings: null, storage }
    const elapsed = deps.clock.elapsed()
    try {
      if (readAt !== null && elapsed - readAt < READ_EVERY_MS) return
      const warnings = readWarnings(deps)
      known = logChanges(deps, { known, warnings })
      readRecipients(deps, alerts)
      problems.warnings = warnings
      readAt = elapsed
    } finally {
      alertAdmins(deps, alerts, problems)
    }
  }

  const settled = async (): Promise<void> => {
    await alerts.sending
  }
  return { name: 'warnings', everyMs: 10 * SECOND, tick, settled }
}

function logChanges(
  { log }: Deps,
  { known, warnings }: { known: Set<string>; warnings: ReturnType<typeof readWarnings> },
): Set<string> {
  const current = new Set<string>(warnings.map(({ kind }) => kind))
  for (const { kind, text, channels = [] } of warnings) {
    const named = channels.length > 0 ? { channels: channels.map(({ name }) => name).join(', ') } : {}
    if (!known.has(kind)) log.warn(text, { warning: kind, ...named })
  }
  for (const kind of known) if (!current.has(kind)) log.info('Warning resolved', { warning: kind })
  return current
}
