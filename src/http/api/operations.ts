import type { ApiKeyAccess } from '#domain/project.ts'
import type { About } from './about.ts'
import { API_VERSIONS, type ApiMethod, type ApiVersion, type Endpoint, endpointsOf } from './endpoint.ts'
import { STATUS, STATUS_METRICS } from './keyless-about.ts'

/** One thing that the management API can do, as it is registered. */
export interface DescribedOperation {
  method: ApiMethod
  /** Below `/api/vN`, with its parameters as `:id`. */
  path: string
  versions: readonly ApiVersion[]
  /** Null: whoever knows the address may call it. */
  needs: ApiKeyAccess | null
  about: About
}

/** They answer in words of their own, without a project and its keys. */
const KEYLESS: readonly DescribedOperation[] = [
  { method: 'GET', path: '/status/', versions: API_VERSIONS, needs: null, about: STATUS },
  { method: 'GET', path: '/metrics/', versions: API_VERSIONS, needs: null, about: STATUS_METRICS },
]

/** Everything that version 3 can do among these routes, in the order in which it is registered. */
export function operationsOf(routes: Parameters<typeof endpointsOf>[0]): DescribedOperation[] {
  const found = endpointsOf(routes).flatMap(describedIn)
  const ofVersion3 = found.filter(({ versions }) => versions.includes(3))
  return [...ofVersion3.map((operation) => withVersions(operation, found)), ...KEYLESS]
}

function describedIn({ path, versions = API_VERSIONS, operations }: Endpoint): DescribedOperation[] {
  return Object.entries(operations).flatMap(([method, { needs, about }]) =>
    about === undefined ? [] : [{ method: method as ApiMethod, path, versions, needs, about }],
  )
}

// An older version may have the same operation beside fewer others, and then it is registered apart.
function withVersions(operation: DescribedOperation, all: readonly DescribedOperation[]): DescribedOperation {
  const same = all.filter(({ about }) => about.id === operation.about.id)
  return { ...operation, versions: API_VERSIONS.filter((version) => same.some((s) => s.versions.includes(version))) }
}
