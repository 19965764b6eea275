import { remind } from '#actions/reminders.ts'
import type { Deps } from '#deps.ts'
import { SECOND } from '#lib/duration.ts'
import type { Loop } from './index.ts'

/** Notifies again of incidents that go on. */
export function createReminder(deps: Deps): Loop {
  return { name: 'reminders', everyMs: SECOND, tick: () => remind(deps), settled: async () => {} }
}
