// The rules of a channel, as the API takes and shows them.
import { z } from 'zod'
import { ALL_DAYS, CHANNEL_EVENTS, type ChannelRules, DELAY_MAX_MS, QuietHours } from '#domain/channel-rules.ts'
import { SECOND } from '#lib/duration.ts'
import { checkedBy } from './fields.ts'

const Quiet = z
  .object(
    {
      from: z.string('quiet_hours has no from').describe('As `22:00`.'),
      to: z.string('quiet_hours has no to').describe('As `07:00`; on the next day, if it is not later than `from`.'),
      days: z
        .array(z.number('quiet_hours has a day that is not 1 to 7'), 'quiet_hours has no days')
        .default([...ALL_DAYS])
        .describe('The days on which they begin: 1 for Monday to 7 for Sunday. All days by default.'),
      tz: z.string('quiet_hours has no tz').describe('Their time zone, like `Europe/Riga`.'),
    },
    'quiet_hours is not an object',
  )
  .superRefine(checkedBy('quiet_hours', QuietHours))
  .meta({ id: 'QuietHours' })

/** The fields of a request. */
export const RULES = {
  events: z
    .array(z.enum(CHANNEL_EVENTS, 'events has an unknown event'), 'events is not an array')
    .optional()
    .describe('What it notifies of. Everything by default.'),
  quiet_hours: Quiet.nullable()
    .optional()
    .describe('When it is not to be disturbed: notifications are held until the end. Null for never.'),
  delay: z
    .int('delay is not a number')
    .min(0, 'delay is too small')
    .max(DELAY_MAX_MS / SECOND, 'delay is too large')
    .optional()
    .describe('How many seconds an incident must go on without acknowledgment before the channel is notified.'),
  weekly_test: z.boolean('weekly_test is not a boolean').optional().describe('Whether a test is sent every week.'),
}

/** The same in responses. */
export const RULES_ANSWERED = {
  events: z.array(z.enum(CHANNEL_EVENTS)),
  quiet_hours: Quiet.nullable(),
  delay: z.int(),
  weekly_test: z.boolean(),
}

/** The rules in a request. */
export function rulesFrom(given: z.output<z.ZodObject<typeof RULES>>): Partial<ChannelRules> {
  return {
    ...(given.events !== undefined && { events: given.events }),
    ...(given.quiet_hours !== undefined && { quietHours: given.quiet_hours }),
    ...(given.delay !== undefined && { delayMs: given.delay * SECOND }),
    ...(given.weekly_test !== undefined && { drills: given.weekly_test }),
  }
}
