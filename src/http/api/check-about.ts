import { z } from 'zod'
import { ALIAS_PATTERN, FAILURES_TO_ALERT_MAX, MONITORS_MAX, NEW_ALIAS_MIN } from '#domain/monitor.ts'
import { defaultOf } from '#domain/monitor-settings.ts'
import { SCHEDULE_MAX_LENGTH } from '#domain/schedule-input.ts'
import { toWire, WIRE_SETTINGS, type WireSetting } from '#words/check.ts'
import { seconds } from '#words/wire-time.ts'
import type { About } from './about.ts'
import { Check } from './answers.ts'
import { SECONDS } from './check-spec.ts'

const newAliases = ALIAS_PATTERN.source.slice(1, -1).replace('{4,', `{${NEW_ALIAS_MIN},`)

interface FieldAbout {
  /** The accepted values. */
  takes: string
  /** The value for a new check if the field isn't sent. */
  otherwise: string
}

const YES_NO = '`true` or `false`'

/** Descriptions of settings whose limits and default don't explain everything. */
const MORE: Record<string, Partial<FieldAbout>> = {
  slug: { takes: 'up to 100 of a-z, 0-9, `-` and `_`', otherwise: 'empty; v1 and v2 derive it from the name' },
  tags: { takes: 'words separated by spaces, up to 500 characters' },
  timeout: { takes: 'the period: 60 to 31536000 seconds', otherwise: '86400, a day' },
  schedule: {
    takes:
      `a cron or OnCalendar expression of up to ${SCHEDULE_MAX_LENGTH} characters, ` +
      'which overrides `timeout`; nicknames such as `@daily` are not accepted, as in Healthchecks',
    otherwise: 'a period',
  },
  tz: { takes: 'the time zone of the expression, like `Europe/Riga`' },
  grace: { takes: '60 to 31536000 seconds', otherwise: '3600, an hour' },
  max_run: {
    takes: 'how long a run may take: 60 to 31536000 seconds, or `null`',
    otherwise: '`null`: the grace period',
  },
  min_run: {
    takes: 'a run that ends sooner counts as a failure: 1 to 31536000 seconds, or `null`',
    otherwise: '`null`: no minimum',
  },
  early: {
    takes:
      'how early a ping may arrive and still count for a scheduled time: 0 to 86400 seconds, or `null` for a tenth ' +
      'of the interval, at most 15 minutes',
  },
  failures_to_alert: { takes: `how many failures in a row take the check down: 1 to ${FAILURES_TO_ALERT_MAX}` },
  remind: {
    takes: 'how often the channels are reminded while the check is down: 60 to 2678400 seconds, or `null`',
    otherwise: '`null`: no reminders',
  },
  remind_less: { takes: `${YES_NO}: the time between reminders doubles each time, up to a day` },
  urgent: { takes: `${YES_NO}: notifications are sent during the quiet hours of channels, too` },
  max_pings: {
    takes: 'how many successes in a period are not too many, for the event `too-often` of channels: 0 to 1000',
    otherwise: '0: any number',
  },
  depends_on: { takes: 'the `unique_key`, `uuid`, slug or name of another check, or empty; returned as `unique_key`' },
  alias: {
    takes: `the token from another tool: \`${newAliases}\`, or empty`,
  },
  methods: { takes: '`POST`, or an empty string for all methods', otherwise: 'empty' },
  filter_subject: {
    takes: `${YES_NO}: look for the keywords in the subject of an email`,
  },
  filter_body: { takes: `${YES_NO}: look for the keywords in the body of an email` },
  filter_http_body: { takes: `${YES_NO}: look for the keywords in the body of a ping; see Pinging` },
  filter_default_fail: { takes: `${YES_NO}: a ping without any keyword is a failure` },
  start_kw: { takes: 'keywords separated by commas, up to 200 characters' },
  success_kw: { takes: 'keywords separated by commas, up to 200 characters' },
  failure_kw: { takes: 'keywords separated by commas, up to 200 characters' },
}

const REQUEST_FIELDS: Record<string, FieldAbout> = {
  subminute: { takes: '`true` allows `timeout`, `grace` and `max_run` from 1 second', otherwise: '`false`' },
  channels: { takes: '`*` for all channels in the project, or IDs and names separated by commas', otherwise: 'none' },
  import_uuid: {
    takes: 'the UUID of the check on another server, to keep its ping URL; only for a new check',
    otherwise: 'a new UUID',
  },
  unique: { takes: 'any of `name`, `slug`, `tags`, `timeout`, `grace`', otherwise: 'always creates' },
  subject: { takes: 'the old name of `success_kw` with `filter_subject`', otherwise: 'empty' },
  subject_fail: { takes: 'the old name of `failure_kw` with `filter_subject`', otherwise: 'empty' },
}

/** All fields that a request can set. */
export const CHECK_FIELDS: Record<string, FieldAbout> = {
  ...Object.fromEntries(
    WIRE_SETTINGS.map((setting) => [setting.wire, { ...aboutSetting(setting), ...MORE[setting.wire] }]),
  ),
  ...REQUEST_FIELDS,
}

function aboutSetting(setting: WireSetting): FieldAbout {
  const value = toWire(setting, defaultOf(setting))
  return { takes: takenBy(setting), otherwise: value === '' ? 'empty' : `\`${value}\`` }
}

function takenBy({ kind }: WireSetting): string {
  switch (kind.is) {
    case 'text':
      return `up to ${kind.max.toLocaleString('en')} characters`
    case 'zone':
      return 'the name of a time zone'
    case 'flag':
      return YES_NO
    case 'duration':
      return `${seconds(kind.min)} to ${seconds(kind.max)} seconds${kind.isOptional ? ', or `null`' : ''}`
    case 'count':
      return `${kind.min} to ${kind.max}`
    case 'choice':
      return `one of ${kind.values.map((value) => `\`${value}\``).join(', ')}${kind.isOptional ? ', or `null`' : ''}`
  }
}

// The schema of a request, with a description for each field.
const CheckSpecBody = z
  .object(
    Object.fromEntries(
      Object.entries(SECONDS.shape as Record<string, z.ZodType>).map(([field, schema]) => {
        const { takes, otherwise } = CHECK_FIELDS[field] as FieldAbout
        return [field, schema.describe(`Takes ${takes}. A new check without it: ${otherwise}.`)]
      }),
    ),
  )
  .meta({ id: 'CheckSpec' })

const TAG_QUERY = z.object({
  tag: z.array(z.string()).optional().describe('Only those with this tag. If sent several times, all tags must match.'),
  slug: z.string().optional().describe('Only the one with this slug.'),
})

export const LIST_CHECKS: About = {
  id: 'listChecks',
  resource: 'Checks',
  summary: 'Lists the checks of the project',
  query: TAG_QUERY,
  answers: { 200: z.object({ checks: z.array(Check) }) },
}

export const SAVE_CHECK: About = {
  id: 'saveCheck',
  resource: 'Checks',
  summary: 'Creates a check, or updates the one that `unique` matches',
  notes:
    'With `unique`, updates the oldest check that has the same values in all named fields, and returns 200. ' +
    'Otherwise creates one, and returns 201.',
  body: CheckSpecBody,
  answers: { 200: Check, 201: Check },
  refusals: { 403: `The project has ${MONITORS_MAX} checks already.` },
}

export const READ_CHECK: About = {
  id: 'readCheck',
  resource: 'Checks',
  summary: 'Returns a check',
  answers: { 200: Check },
}

export const UPDATE_CHECK: About = {
  id: 'updateCheck',
  resource: 'Checks',
  summary: 'Changes the fields that are sent',
  body: CheckSpecBody,
  answers: { 200: Check },
}

export const DELETE_CHECK: About = {
  id: 'deleteCheck',
  resource: 'Checks',
  summary: 'Deletes a check with its history and returns it',
  answers: { 200: Check },
}

export const PAUSE_CHECK: About = {
  id: 'pauseCheck',
  resource: 'Checks',
  summary: 'Pauses a check',
  answers: { 200: Check },
}

export const RESUME_CHECK: About = {
  id: 'resumeCheck',
  resource: 'Checks',
  summary: 'Resumes a paused check; its status becomes `new`',
  answers: { 200: Check, 409: z.literal('check is not paused') },
}

const Badges = z.object({
  svg: z.string(),
  svg3: z.string(),
  json: z.string(),
  json3: z.string(),
  shields: z.string(),
  shields3: z.string(),
})

export const LIST_BADGES: About = {
  id: 'listBadges',
  resource: 'Badges',
  summary: 'Lists the URLs of badges by tag',
  notes: '`*` contains the badges of all checks. Badges whose name ends in 3 also show late checks.',
  answers: { 200: z.object({ badges: z.record(z.string(), Badges).describe('By tag.') }) },
}
