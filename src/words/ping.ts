import type { PingKind } from '#domain/ping.ts'

/** What a ping reported, as a heading or at the beginning of a line. */
export const PING_WORDS: Record<PingKind, string> = {
  success: 'Success',
  fail: 'Failure',
  start: 'Start',
  log: 'Log',
  ignored: 'Ignored',
}
