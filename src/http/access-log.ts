import type { Deps } from '#deps.ts'
import { peerOf } from './peer.ts'
import type { ShowPath } from './place.ts'
import { requestIdOf } from './request-id.ts'
import { splitUrl } from './url.ts'

type Answer = (request: Request) => Response | Promise<Response>

/** Logs each request when it has been answered. */
export function withAccessLog({ log, clock }: Pick<Deps, 'log' | 'clock'>, answer: Answer, showPath: ShowPath): Answer {
  return async (request) => {
    const startedAt = clock.elapsed()
    const response = await answer(request)
    log.debug('Request answered', {
      request: requestIdOf(request),
      peer: peerOf(request),
      method: request.method,
      path: showPath(splitUrl(request.url).path),
      status: response.status,
      ms: Math.round(clock.elapsed() - startedAt),
    })
    return response
  }
}
