import type { ApiManual, ManualCall } from '#views/pages/docs/api.tsx'
import { RESOURCES } from './about.ts'
import { CHECK_FIELDS } from './check-about.ts'
import type { DescribedOperation } from './operations.ts'

/** What the page about the API says of these operations: the same as the OpenAPI document, in fewer words. */
export function manualOf(operations: readonly DescribedOperation[]): ApiManual {
  const resources = RESOURCES.map((title) => ({
    title,
    calls: operations.filter(({ about }) => about.resource === title).map(toCall),
  }))
  return {
    resources,
    fields: Object.entries(CHECK_FIELDS).map(([name, field]) => ({ name, ...field })),
  }
}

function toCall({ method, path, versions, needs, about }: DescribedOperation): ManualCall {
  return {
    method,
    path: path.replace(/:number/, '<n>').replace(/:(\w+)/g, '<$1>'),
    query: Object.keys(about.query?.shape ?? {}),
    does: about.summary,
    notes: about.notes ?? '',
    needs,
    isNew: versions.length === 1,
  }
}
