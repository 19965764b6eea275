import type { ApiKeyAccess } from '#domain/project.ts'
import type { About } from './about.ts'
import { API_VERSIONS, type ApiMethod, type ApiVersion, type Endpoint, endpointsOf } from './endpoint.ts'
import { STATUS, STATUS_METRICS } from './keyless-about.ts'

/** A registered operation of the management API, with its documentation. */
export interface DescribedOperation {
  method: ApiMethod
  /** Below `/api/vN`, with its parameters as `:id`. */
  path: string
  versions: readonly ApiVersion[]
  /** The required access; null if no API key is needed. */
  needs: ApiKeyAccess | null
  about: About
}

/** Operations without a project or an API key. */
const KEYLESS: readonly DescribedOperation[] = [
  { method: 'GET', path: '/status/', versions: API_VERSIONS, needs: null, about: STATUS },
  { method: 'GET', path: '/metrics/', versions: API_VERSIONS, needs: null, about: STATUS_METRICS },
]

/** The operations of version 3 in these routes, in the order of registration. */
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

// An older version may register the same operation separately, if its path has fewer operations.
function withVersions(operation: DescribedOperation, all: readonly DescribedOperation[]): DescribedOperation {
  const same = all.filter(({ about }) => about.id === operation.about.id)
  return { ...operation, versions: API_VERSIONS.filter((version) => same.some((s) => s.versions.includes(version))) }
}
