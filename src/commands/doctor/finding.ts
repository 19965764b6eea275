import type { Config } from '#config.ts'

export interface Finding {
  /** Bad: CronGuard cannot do its work. */
  state: 'ok' | 'warn' | 'bad'
  /** A sentence; of what is not well, with what to do. */
  says: string
}

/** Looks and changes nothing. What it throws is bad. */
export type Check = (config: Config) => Finding | Promise<Finding>

export const ok = (says: string): Finding => ({ state: 'ok', says })
export const warn = (says: string): Finding => ({ state: 'warn', says })
export const bad = (says: string): Finding => ({ state: 'bad', says })
