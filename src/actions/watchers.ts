import type { Deps } from '#deps.ts'
import { SECOND } from '#lib/duration.ts'

/** Less than a stop waits for what is under way. */
const TIMEOUT_MS = 4 * SECOND

/** Says to whoever watches this CronGuard that it is well. What went wrong, as a sentence without the URL; or null. */
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
