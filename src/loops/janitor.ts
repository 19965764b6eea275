import { giveBackSome, noteSizeOfToday, pruneSome } from '#actions/retention.ts'
import type { Deps } from '#deps.ts'
import { MINUTE } from '#lib/duration.ts'
import type { Loop } from './index.ts'

const EVERY_MS = MINUTE
/** Between two chunks everybody else gets his turn. */
const PAUSE_MS = 20
/** Of one tick; the rest waits for the next. */
const CHUNKS_MAX = 500

/** Throws away what is not kept any more, a little at a time. */
export function createJanitor(deps: Deps): Loop {
  let isEnding = false

  const whileThereIs = async (work: () => boolean | Promise<boolean>): Promise<void> => {
    for (let chunk = 0; chunk < CHUNKS_MAX && !isEnding && (await work()); chunk++) await Bun.sleep(PAUSE_MS)
  }

  const tick = async (): Promise<void> => {
    isEnding = false
    await noteSizeOfToday(deps)
    await whileThereIs(() => pruneSome(deps))
    await whileThereIs(() => giveBackSome(deps))
  }

  const settled = async (): Promise<void> => {
    isEnding = true
  }

  return { name: 'janitor', everyMs: EVERY_MS, tick, settled }
}
