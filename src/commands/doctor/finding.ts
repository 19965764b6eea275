import type { Config } from '#config.ts'

export interface Finding {
  /** `bad` means that CronGuard cannot work. */
  state: 'ok' | 'warn' | 'bad'
  /** A sentence, followed by advice if there is a problem. */
  says: string
}

/** Checks something without changing anything. An error it throws counts as bad. */
export type Check = (config: Config) => Finding | Promise<Finding>

export const ok = (says: string): Finding => ({ state: 'ok', says })
export const warn = (says: string): Finding => ({ state: 'warn', says })
export const bad = (says: string): Finding => ({ state: 'bad', says })
