import type { Snooze, SnoozeLength } from '#domain/snooze.ts'
import { type Address, url } from '#lib/base-path.ts'
import { Icon } from './icon.tsx'
import { Moment, type Reading } from './moment.tsx'

export const LENGTH_WORDS: Record<SnoozeLength, string> = {
  '1h': '1 hour',
  '4h': '4 hours',
  morning: 'Until 09:00',
  recovery: 'Until it recovers',
}

interface SnoozeButtonProps {
  action: Address
  lengths: readonly SnoozeLength[]
  /** The query of the list of incidents that it returns to. */
  list?: string
}

/** A choice of lengths, and the button. */
export function SnoozeButton({ action, lengths, list }: SnoozeButtonProps) {
  return (
    <form method="post" action={action} class="snooze-form">
      {list !== undefined && <input type="hidden" name="list" value={list} />}
      <select name="length" aria-label="Snooze for">
        {lengths.map((length) => (
          <option value={length}>{LENGTH_WORDS[length]}</option>
        ))}
      </select>
      <button type="submit" class="button">
        <Icon name="clock" /> Snooze
      </button>
    </form>
  )
}

interface ActiveSnoozeProps {
  snooze: Snooze
  reading: Reading
  mayOperate: boolean
}

/** "Snoozed until 24 Nov, 09:00 by Ada", with the button that ends it. */
export function ActiveSnooze({ snooze, reading, mayOperate }: ActiveSnoozeProps) {
  return (
    <div class="snooze">
      <span>
        <Icon name="clock" /> <SnoozeWords snooze={snooze} reading={reading} />
      </span>
      {mayOperate && (
        <form method="post" action={url(`/snoozes/${snooze.id}/end`)}>
          <button type="submit" class="button button-small">
            End snooze
          </button>
        </form>
      )}
    </div>
  )
}

function SnoozeWords({ snooze: { scope, endsAt, by, via }, reading }: Pick<ActiveSnoozeProps, 'snooze' | 'reading'>) {
  const what = { monitor: 'Snoozed', project: 'All monitors snoozed', tag: 'Monitors with the tag' }[scope.is]
  return (
    <>
      {what}
      {scope.is === 'tag' && (
        <>
          {' '}
          <bdi class="tag">{scope.tag}</bdi> snoozed
        </>
      )}{' '}
      until {endsAt === null ? 'the monitor recovers' : <Moment at={endsAt} reading={reading} />}
      {(by !== null || via !== null) && (
        <span class="soft">
          {by === null ? ' via the ' : ' by '}
          <bdi>{by ?? (via?.address ? `email to ${via.address}` : `channel “${via?.channel}”`)}</bdi>
        </span>
      )}
    </>
  )
}
