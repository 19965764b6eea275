import type { Transition } from './lifecycle.ts'

/** One stretch of being down: opened by one transition and closed by another. */
export interface Incident {
  id: string
  monitorId: number
  openedAt: number
  closedAt: number | null
}

export function opensIncident(transition: Transition): boolean {
  return transition.to === 'down'
}

export function closesIncident(transition: Transition): boolean {
  return transition.from === 'down'
}
