// Time as a way in: loops tick, one after another each, until they are stopped.
import type { Deps } from '#deps.ts'
import { SECOND } from '#lib/duration.ts'

export interface Loop {
  name: string
  everyMs: number
  tick(): Promise<void>
  /** Resolves when nothing that a tick began is still under way. */
  settled(): Promise<void>
  /** Whether its ticks do not do its work for now: they wait for something. */
  isWaiting?(): boolean
}

export interface LoopHealth {
  name: string
  isWell: boolean
  /** Whether its ticks go on, well or not. */
  isRunning: boolean
}

export interface RunningLoops {
  health(): LoopHealth[]
  /** No more ticks; resolves when what is under way has ended. */
  stop(): Promise<void>
}

/** A loop that has not ended a tick for this long is stuck, however short its own pace is. */
const STUCK_AFTER_MS = 15 * SECOND

export function startLoops(deps: Deps, loops: Loop[]): RunningLoops {
  const running = loops.map((loop) => startLoop(deps, loop))
  return {
    health: () => running.map(({ health }) => health()),
    stop: async () => {
      await Promise.all(running.map(({ stop }) => stop()))
    },
  }
}

function startLoop(deps: Deps, loop: Loop) {
  let isStopped = false
  let lastTickWorked = true
  let lastTickAt = deps.clock.elapsed()
  let timer: Timer | undefined

  const run = async (): Promise<void> => {
    try {
      await loop.tick()
      if (!lastTickWorked) deps.log.info('A loop works again', { loop: loop.name })
      lastTickWorked = true
    } catch (error) {
      if (lastTickWorked) deps.log.error('A loop failed and goes on trying', { loop: loop.name, error })
      lastTickWorked = false
    }
    lastTickAt = deps.clock.elapsed()
    if (!isStopped) schedule()
  }

  let current: Promise<void> = Promise.resolve()
  const schedule = (): void => {
    timer = setTimeout(() => {
      current = run()
    }, loop.everyMs)
  }
  schedule()

  return {
    health: (): LoopHealth => {
      const isRunning = deps.clock.elapsed() - lastTickAt < STUCK_AFTER_MS + loop.everyMs
      return { name: loop.name, isWell: lastTickWorked && isRunning && !loop.isWaiting?.(), isRunning }
    },
    stop: async (): Promise<void> => {
      isStopped = true
      clearTimeout(timer)
      await current
      await loop.settled()
    },
  }
}
