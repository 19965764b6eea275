import { readWarnings } from '#actions/warnings.ts'
import type { Deps } from '#deps.ts'
import { MINUTE } from '#lib/duration.ts'
import type { Loop } from './index.ts'

/** Logs each warning once when it starts, and once when it is resolved. */
export function createWarner(deps: Deps): Loop {
  let known = new Set<string>()

  const tick = async (): Promise<void> => {
    const warnings = readWarnings(deps)
    const current = new Set<string>(warnings.map(({ kind }) => kind))
    for (const { kind, text, channels = [] } of warnings) {
      const named = channels.length > 0 ? { channels: channels.map(({ name }) => name).join(', ') } : {}
      if (!known.has(kind)) deps.log.warn(text, { warning: kind, ...named })
    }
    for (const kind of known) if (!current.has(kind)) deps.log.info('Warning resolved', { warning: kind })
    known = current
  }

  return { name: 'warnings', everyMs: MINUTE, tick, settled: async () => {} }
}
