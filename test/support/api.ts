import type { TestGuard } from './cronguard.ts'

export interface ApiRequest {
  method?: string
  /** A string is sent unchanged. */
  body?: unknown
  /** The API key; null sends none. */
  with: string | null
  version?: number
}

/** Calls the management API; with a body it is a POST. */
export async function callApi(guard: TestGuard, path: string, request: ApiRequest) {
  const { method, body, with: apiKey, version = 3 } = request
  const response = await guard.request(`/api/v${version}${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: apiKey === null ? {} : { 'X-Api-Key': apiKey },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, json: text.startsWith('{') ? JSON.parse(text) : text }
}
