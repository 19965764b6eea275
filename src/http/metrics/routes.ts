import { findApiKey } from '#actions/projects.ts'
import type { Deps } from '#deps.ts'
import type { PartHealth } from '#domain/health.ts'
import { API_KEY_LENGTH } from '#domain/project.ts'
import { bearerOf } from '#http/bearer.ts'
import { cookielessRoutes } from '#http/routes.ts'
import { EXPOSITION_TYPE, formatMetrics, type Metric } from '#lib/exposition.ts'
import { isSameText } from '#lib/tokens.ts'
import { instanceMetrics } from './instance.ts'
import { projectMetrics } from './project.ts'

/** For Prometheus: a project's metrics need one of its read-only API keys, the instance's metrics need its token. */
export function metricsRoutes(deps: Deps, readHealth: () => PartHealth[]) {
  return (
    cookielessRoutes('metrics', 'text')
      .get('/metrics', ({ request }) => answerInstance(deps, { request, readHealth }))
      .get('/projects/:project/metrics', ({ request, params }) =>
        answerProject(deps, { params, key: bearerOf(request) }),
      )
      .get('/projects/:project/metrics/:key', ({ params }) => answerInUrl(deps, params))
      // The URL of older versions.
      .get('/projects/:project/checks/metrics/:key', ({ params }) => answerInUrl(deps, params))
  )
}

interface InstanceQuestion {
  request: Request
  readHealth: () => PartHealth[]
}

function answerInstance(deps: Deps, { request, readHealth }: InstanceQuestion): Response {
  const { metricsToken } = deps.config
  if (metricsToken === null) return refuse(404, 'Nothing found at this URL.')
  const token = bearerOf(request)
  if (token === null) return refuse(401, 'Send the metrics token as a bearer token.')
  if (!isSameText(token, metricsToken)) return refuse(403, 'Wrong metrics token.')
  return expose(deps.db.read(() => instanceMetrics(deps, readHealth())))
}

interface ProjectQuestion {
  params: Record<string, string>
  key: string | null
}

// A key of any other length is refused with the error of Healthchecks.
function answerInUrl(deps: Deps, params: { project: string; key: string }): Response {
  if (params.key.length !== API_KEY_LENGTH) return refuse(400, `An API key has ${API_KEY_LENGTH} characters.`)
  return answerProject(deps, { params, key: params.key })
}

function answerProject(deps: Deps, { params, key }: ProjectQuestion): Response {
  if (key === null) return refuse(401, 'Send a read-only API key of the project as a bearer token.')
  const found = findApiKey(deps, key)
  if (found === null || found.projectId !== params.project?.toLowerCase()) {
    return refuse(403, 'This API key belongs to another project.')
  }
  // The key is stored in the configuration of a program that only reads.
  if (found.access !== 'read-only') return refuse(403, 'Use a read-only API key for metrics.')
  return expose(deps.db.read(() => projectMetrics(deps, found.projectId)))
}

function expose(metrics: Metric[]): Response {
  return new Response(formatMetrics(metrics), {
    headers: { 'Content-Type': EXPOSITION_TYPE, 'Cache-Control': 'no-store' },
  })
}

function refuse(status: number, text: string): Response {
  const challenge: Record<string, string> = status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}
  return new Response(text, {
    status,
    headers: { ...challenge, 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
  })
}
