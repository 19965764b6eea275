import type { Deps } from '#deps.ts'
import { SECOND } from '#lib/duration.ts'

/** Shorter than the time that a stop waits for running work. */
const TIMEOUT_MS = 4 * SECOND

/** Calls the heartbeat URL. Returns what went wrong, as a sentence without the URL, or null. */
export async function callHeartbeat({ outbound }: Deps, url: string): Promise<string | null> {
  const headers = { 'User-Agent': 'CronGuard' }
  const result = await outbound.send({
    method: 'GET',
    url,
    headers,
    body: '',
    timeoutMs: TIMEOUT_MS,
    isSetByOperator: true,
  })
  if (result.kind !== 'answer') return result.detail
  return result.status >= 200 && result.status < 300 ? null : `Received status code ${result.status}`
}
