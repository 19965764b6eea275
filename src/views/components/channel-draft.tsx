import type { Address } from '#lib/base-path.ts'
import { Icon } from './icon.tsx'

type SetupResult =
  | { kind: 'found'; choices: readonly { value: string; label: string }[] }
  | { kind: 'problem'; text: string }

/** Looks up the value of a setting with what is typed so far. */
export function SetupButton({ path, label, help }: { path: Address; label: string; help: string }) {
  return (
    <div class="needs-script field">
      <p class="help">{help}</p>
      <div class="actions">
        <button
          type="button"
          class="button button-small"
          hx-post={`${path}/setup`}
          hx-sync="this:drop"
          hx-include="closest form"
          hx-target="#setup-result"
          hx-swap="innerHTML"
        >
          <Icon name="search" /> {label}
        </button>
      </div>
      <div id="setup-result" class="test-place" role="status" />
    </div>
  )
}

/** The values that were found. A click fills in the field. */
export function SetupChoices({ field, result }: { field: string; result: SetupResult }) {
  if (result.kind === 'problem') {
    return (
      <p class="test-outcome test-bad" dir="auto">
        <Icon name="alert" />
        <span>{result.text}</span>
      </p>
    )
  }
  return (
    <div class="actions">
      {result.choices.map(({ value, label }) => (
        <button type="button" class="button button-small" data-put={field} value={value} dir="auto">
          {label}
        </button>
      ))}
    </div>
  )
}

/** Sends a test with what is typed, before the channel is saved. */
export function DraftTestButton({ path, label }: { path: Address; label: string }) {
  return (
    <button
      type="button"
      class="button needs-script"
      hx-post={`${path}/test`}
      hx-include="closest form"
      hx-target="#draft-test"
      hx-swap="innerHTML"
    >
      <Icon name="send" /> {label}
    </button>
  )
}
