// Where forms of an incident lead back to.
import type { Form } from '#http/forms.ts'
import { type Address, url } from '#lib/base-path.ts'

/** To the list, if the form was in it: `list` is the query of the list. Otherwise to the incident. */
export function backFrom({
  form,
  projectId,
  incidentId,
}: {
  form: Form
  projectId: string
  incidentId: string
}): Address {
  const list = form.text('list')
  return /^\?[\w%&=.+~*-]*$/.test(list)
    ? url(`/projects/${projectId}/incidents${list === '?' ? '' : list}`)
    : url(`/incidents/${incidentId}`)
}
