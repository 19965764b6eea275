// Runs loops: each ticks again and again until it is stopped, and never twice at the same time.
import type { Deps } from '#deps.ts'
import { SECOND } from '#lib/duration.ts'

export interface Loop {
  name: string
  everyMs: number
  tick(): Promise<void>
  /** Resolves when all work that ticks started has ended. */
  settled(): Promise<void>
  /** Whether the ticks currently wait for something instead of doing their work. */
  isWaiting?(): boolean
}

export interface LoopHealth {
  name: string
  isHealthy: boolean
  /** Whether it still ticks, even if the ticks fail. */
  isRunning: boolean
}

export interface RunningLoops {
  health(): LoopHealth[]
  /** Stops ticking. Resolves when running work has ended. */
  stop(): Promise<void>
}

/** A loop is stuck when no tick has ended for its interval plus this time. */
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
      if (!lastTickWorked) deps.log.info('Background task recovered', { loop: loop.name })
      lastTickWorked = true
    } catch (error) {
      if (lastTickWorked) deps.log.error('Background task failed and will retry', { loop: loop.name, error })
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
      return { name: loop.name, isHealthy: lastTickWorked && isRunning && !loop.isWaiting?.(), isRunning }
    },
    stop: async (): Promise<void> => {
      isStopped = true
      clearTimeout(timer)
      await current
      await loop.settled()
    },
  }
}
