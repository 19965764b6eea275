import { url } from '#lib/base-path.ts'
import type { FormState } from './field.tsx'

interface PushSubscriptionProps {
  /** The server's public key. */
  pushKey: string
  /** The fields that the browser fills in. */
  names: readonly string[]
  form: FormState
  isStored: boolean
}

/** Subscribes the browser that shows it. */
export function PushSubscription({ pushKey, names, form, isStored }: PushSubscriptionProps) {
  const problem = names.map((name) => form.problems[name]).find((text) => text !== undefined)
  return (
    <div class="field" data-push data-key={pushKey} data-worker={url('/push-worker.js')}>
      {names.map((name) => (
        <input type="hidden" name={name} />
      ))}
      <div>
        <button type="button" class="button" data-push-subscribe>
          {isStored ? 'Use this browser instead' : 'Allow notifications'}
        </button>
      </div>
      {problem !== undefined && <p class="problem">{problem}</p>}
      <p data-push-state role="status" />
      <noscript>
        <p class="problem">This needs JavaScript.</p>
      </noscript>
      <p class="help">
        On an iPhone or iPad, first tap Share, then “Add to Home Screen”. Open CronGuard from there to create the
        channel. Each device needs its own channel.
      </p>
    </div>
  )
}
