import { ALL_DAYS, CHANNEL_EVENTS, type ChannelEvent } from '#domain/channel-rules.ts'
import { DAY_NAMES, EVENT_NAMES } from '#words/channel-rules.ts'
import { Check, Field, type FormState } from './field.tsx'
import { ZoneSelect } from './zone-select.tsx'

const EVENT_HELP: Record<ChannelEvent, string> = {
  down: 'A monitor went down, or is still down after a snooze or maintenance.',
  up: 'A monitor recovered.',
  reminder: 'A monitor is still down. Set how often in the monitor.',
  late: 'A ping is late, and the grace period began.',
  'never-pinged': 'A new monitor got no ping for a day, or for three periods if that is longer.',
  'first-ping': 'A new monitor got its first ping.',
  'too-often': 'More successes in a period than you set in the monitor.',
  'odd-run': 'A run took more than three times as long as usual, or less than a third.',
}

/** The check box of an event. */
export function eventField(event: ChannelEvent): string {
  return `event-${event}`
}

/** The check box of a day of quiet hours. */
export function dayField(day: number): string {
  return `day-${day}`
}

interface ChannelRulesProps {
  form: FormState
  now: number
}

/** What a channel notifies of, and when. */
export function ChannelRulesFields({ form, now }: ChannelRulesProps) {
  const isTicked = (name: string): boolean => form.values[name] !== undefined
  return (
    <>
      <fieldset>
        <legend>Notify when</legend>
        {CHANNEL_EVENTS.map((event) => (
          <Check
            name={eventField(event)}
            label={EVENT_NAMES[event]}
            help={EVENT_HELP[event]}
            isChecked={isTicked(eventField(event))}
          />
        ))}
        <Check
          name="notifiesGaps"
          label="CronGuard itself was offline"
          help="Sent once when CronGuard is back, if deadlines were extended."
          isChecked={isTicked('notifiesGaps')}
        />
      </fieldset>
      <Check
        name="drills"
        label="Send a test every week"
        help="Finds out whether the channel still works before you need it."
        isChecked={isTicked('drills')}
      />
      <details class="channel-times" open={hasTimes(form)}>
        <summary>Delay and quiet hours</summary>
        <Field
          form={form}
          name="delayMs"
          label="Delay"
          placeholder="30 minutes"
          help="Notifies only if the monitor is still down after this time and no one has acknowledged the incident."
        />
        <fieldset class="quiet-hours" aria-describedby="quiet-hours-help">
          <legend>Quiet hours</legend>
          <p class="help" id="quiet-hours-help">
            Notifications are held until the quiet hours end, then sent as one message. Urgent monitors are not held.
            Leave both times empty for none.
          </p>
          <div class="quiet-hours-times">
            <Field form={form} name="quietHours.from" label="From" type="time" />
            <Field form={form} name="quietHours.to" label="To" type="time" />
          </div>
          <fieldset class="quiet-hours-days">
            <legend>On</legend>
            {ALL_DAYS.map((day) => (
              <Check name={dayField(day)} label={DAY_NAMES[day - 1]} isChecked={isTicked(dayField(day))} />
            ))}
          </fieldset>
          {form.problems['quietHours.days'] !== undefined && (
            <p class="problem" role="alert">
              {form.problems['quietHours.days']}
            </p>
          )}
          <ZoneSelect form={form} name="quietHours.tz" label="Time zone" now={now} />
        </fieldset>
      </details>
    </>
  )
}

function hasTimes({ values, problems }: FormState): boolean {
  const times = ['delayMs', 'quietHours.from', 'quietHours.to']
  return times.some((name) => values[name]) || Object.keys(problems).some((name) => /^(delayMs|quietHours)/.test(name))
}
