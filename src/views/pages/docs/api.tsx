import { url } from '#lib/base-path.ts'
import { Badges } from './badges.tsx'
import { DocPage, type DocProps, type DocSection, SAMPLE_KEY, Sample, Table, Text } from './parts.tsx'

/** One thing that the API can do. */
export interface ManualCall {
  method: string
  /** Below `/api/v3`. */
  path: string
  /** The names by which an address may ask for less. */
  query: readonly string[]
  does: string
  notes: string
  /** Null: no key at all. */
  needs: 'read-only' | 'read-write' | null
  /** Whether only version 3 has it. */
  isNew: boolean
}

/** What the API can do, as it is registered. */
export interface ApiManual {
  resources: readonly { title: string; calls: readonly ManualCall[] }[]
  /** What a request may set of a monitor. */
  fields: readonly { name: string; takes: string; otherwise: string }[]
}

interface ApiProps extends DocProps {
  manual: ApiManual
}

const LEAD =
  'Monitors, channels and incidents by JSON over HTTP, as clients of Healthchecks know it. It calls a monitor a check.'

/** Monitors, channels and incidents by script. */
export function Api({ baseUrl, manual }: ApiProps) {
  const sections: readonly DocSection[] = [
    { id: 'keys', title: 'Keys', Content: Keys },
    { id: 'calls', title: 'Calls', Content: () => <Calls manual={manual} /> },
    { id: 'create', title: 'Creating and changing a monitor', Content: Create },
    { id: 'fields', title: 'Fields of a monitor', Content: () => <Fields manual={manual} /> },
    { id: 'reading', title: 'Reading', Content: Reading },
    { id: 'history', title: 'Pings and changes', Content: History },
    { id: 'incidents', title: 'Incidents and messages', Content: Incidents },
    { id: 'channels', title: 'Channels', Content: Channels },
    { id: 'errors', title: 'Errors', Content: Errors },
    { id: 'versions', title: 'Versions and compatible clients', Content: Versions },
    { id: 'badges', title: 'Badges', Content: Badges },
  ]
  return <DocPage title="API" lead={LEAD} sections={sections} baseUrl={baseUrl} />
}

function Keys({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        A key belongs to one project and is shown once. Make it in the settings, or on the machine that CronGuard runs
        on:
      </Text>
      <Sample
        lines={['KEY=$(cronguard key create you@example.com)', `curl ${baseUrl}/api/v3/checks/ -H "X-Api-Key: $KEY"`]}
      />
      <Text>
        `Authorization: Bearer` is understood as well. A key made with `--read-only` may read checks, their flips and
        badges, incidents and the name of the project. It never learns a ping URL, and no name of a person.
      </Text>
    </>
  )
}

function Calls({ manual }: { manual: ApiManual }) {
  return (
    <>
      <Text>
        The paths stand below `/api/v3`. A check is named by its ping key, which the answers call `uuid`. Where a
        read-only key is enough, its `unique_key` will do.
      </Text>
      <p>
        Programs can read the same, and every field of every answer, as{' '}
        <a href={url('/api/openapi.json')}>an OpenAPI 3.1 document</a>.
      </p>
      {manual.resources.map(({ title, calls }) => (
        <>
          <h3>{title}</h3>
          <Table label={`Calls of the API: ${title}`} head={['call', 'does', 'key']} rows={calls.map(callRow)} />
        </>
      ))}
    </>
  )
}

function callRow({ method, path, does, notes, query, needs, isNew }: ManualCall): string[] {
  const sentences = [
    `${does}.`,
    notes,
    query.length === 0 ? '' : `Takes ${query.map((name) => `\`?${name}=\``).join(', ')}.`,
    isNew ? 'Only in v3.' : '',
  ]
  return [`\`${method} ${path}\``, sentences.filter((sentence) => sentence !== '').join(' '), KEYS[needs ?? 'none']]
}

const KEYS = { none: 'no key', 'read-only': 'any key', 'read-write': 'read-write key' }

function Create({ baseUrl }: DocProps) {
  return (
    <>
      <Sample
        lines={[
          `curl ${baseUrl}/api/v3/checks/ -H "X-Api-Key: $KEY" \\`,
          `  -d '{"name": "backup", "slug": "backup", "tags": "prod db",`,
          `       "timeout": 86400, "grace": 3600, "channels": "*"}'`,
        ]}
      />
      <Text>
        The answer, with status 201, holds the `ping_url`. With `unique` the same request can be sent again and again,
        which suits a script that sets a machine up: it changes the oldest check that agrees in all fields named, and
        then answers 200, or creates one.
      </Text>
      <Sample
        lines={[
          `curl ${baseUrl}/api/v3/checks/ -H "X-Api-Key: $KEY" \\`,
          `  -d '{"name": "backup", "grace": 7200, "unique": ["name"]}'`,
        ]}
      />
      <Text>To change one, send only what changes:</Text>
      <Sample
        lines={[
          `curl ${baseUrl}/api/v3/checks/${SAMPLE_KEY} -H "X-Api-Key: $KEY" \\`,
          `  -d '{"schedule": "30 2 * * 1-5", "tz": "Europe/Riga", "max_run": 7200}'`,
          `curl -X POST ${baseUrl}/api/v3/checks/${SAMPLE_KEY}/pause -H "X-Api-Key: $KEY"`,
          `curl -X DELETE ${baseUrl}/api/v3/checks/${SAMPLE_KEY} -H "X-Api-Key: $KEY"`,
        ]}
      />
    </>
  )
}

function Fields({ manual }: { manual: ApiManual }) {
  return (
    <>
      <Table
        label="Fields that a request may set"
        head={['field', 'takes', 'when it is not given']}
        rows={manual.fields.map(({ name, takes, otherwise }) => [`\`${name}\``, takes, otherwise])}
      />
      <Text>
        Types are strict: a number in quotes is refused. Fields that are not known are ignored, so that a check can be
        sent back as it was read. A request that is refused changes nothing.
      </Text>
    </>
  )
}

function Reading({ baseUrl }: DocProps) {
  return (
    <>
      <Sample
        lines={[
          `curl "${baseUrl}/api/v3/checks/?tag=prod&tag=db" -H "X-Api-Key: $KEY"`,
          '{"checks": [{"name": "backup", "slug": "backup", "status": "up", "started": false,',
          '  "n_pings": 3, "last_ping": "2026-11-24T05:57:25+00:00",',
          '  "next_ping": "2026-11-25T05:57:25+00:00", "timeout": 86400, "grace": 3600, ...}]}',
        ]}
      />
      <Table
        label="Fields of an answer"
        head={['field', 'holds']}
        rows={[
          ['`status`', '`new`, `up`, `grace` (late), `down` or `paused`'],
          ['`started`', 'whether a run has started and not ended'],
          ['`n_pings`, `last_ping`', 'how many pings came, and when the last success or failure did, or null'],
          ['`next_ping`', 'when a ping is due, or when the run that is under way started; null while it is down'],
          ['`timeout`', 'the period of a check that has one'],
          ['`schedule`, `tz`', 'the expression and its time zone, of a check that has them'],
          ['`last_duration`', 'how many seconds the last run took, when that is known'],
          ['`uuid`, `ping_url`', 'the ping key, and the URL that a job calls'],
          ['`update_url`, `pause_url`, `resume_url`', 'where to change, pause and resume it'],
          ['`channels`', 'the ids of its channels, with commas between them'],
          ['`unique_key`', 'only for a read-only key, in the place of the four rows above'],
        ]}
      />
      <Text>
        What Healthchecks does not know stands in an answer only where it says something: `subminute`, `max_run`,
        `min_run`, `early`, `failures_to_alert` and `alias`.
      </Text>
    </>
  )
}

function History({ baseUrl }: DocProps) {
  const check = `${baseUrl}/api/v3/checks/${SAMPLE_KEY}`
  return (
    <>
      <Sample
        lines={[
          `curl ${check}/pings/ -H "X-Api-Key: $KEY"`,
          '{"pings": [{"type": "fail", "date": "2026-11-24T05:57:24.308000+00:00", "n": 2,',
          '  "scheme": "http", "remote_addr": "192.0.2.7", "method": "GET", "ua": "curl/7.88.1",',
          '  "rid": null, "body_url": null}, ...]}',
          '',
          `curl ${check}/pings/2/body -H "X-Api-Key: $KEY"`,
          `curl "${check}/flips/?seconds=86400" -H "X-Api-Key: $KEY"`,
          '{"flips": [{"timestamp": "2026-11-24T05:57:24+00:00", "up": 0}, ...]}',
        ]}
      />
      <Text>
        The type of a ping is `success`, `fail`, `start`, `log` or `ign`, which means ignored. `duration` is there, in
        seconds, when the start of the run is known. A flip is up when the monitor came up, and 0 for every other
        change.
      </Text>
    </>
  )
}

function Incidents({ baseUrl }: DocProps) {
  const api = `${baseUrl}/api/v3`
  return (
    <>
      <Sample
        lines={[
          `curl "${api}/incidents/?open=1" -H "X-Api-Key: $KEY"`,
          '{"incidents": [{"id": "7d0f...", "check": "2b5c...", "check_name": "backup", "reason": "fail",',
          '  "opened": "2026-11-24T05:57:24+00:00", "closed": null, "duration": 310,',
          '  "acknowledged": null, "acknowledged_by": null, "note": "", "failed_deliveries": 0}],',
          ' "next": null}',
          '',
          `curl ${api}/incidents/$ID/acknowledge -H "X-Api-Key: $KEY" -d '{"note": "The disk is full."}'`,
          `curl "${api}/deliveries/?state=failed" -H "X-Api-Key: $KEY"`,
          `curl -X POST ${api}/deliveries/$ID/repeat -H "X-Api-Key: $KEY"`,
        ]}
      />
      <Text>
        Long lists come in pages, newest first: `limit` says how many at most, 100 if it is not given. `next` is what to
        ask for as `before` to get those that follow; it is null when none do. The `check` of an incident or a message
        is a `unique_key`.
      </Text>
    </>
  )
}

function Channels({ baseUrl }: DocProps) {
  const api = `${baseUrl}/api/v3`
  return (
    <>
      <Sample
        lines={[
          `curl ${api}/channels/ -H "X-Api-Key: $KEY" \\`,
          `  -d '{"kind": "email", "name": "ops", "settings": {"address": "ops@example.com"}}'`,
          `curl ${api}/channels/$ID -H "X-Api-Key: $KEY" -d '{"enabled": false}'`,
        ]}
      />
      <Text>
        The kinds and their settings are those of the form for a new channel. A new channel is given to every monitor of
        the project. Settings are never shown again, only which of them are stored; those that a change does not name
        stay as they are.
      </Text>
    </>
  )
}

function Errors() {
  return (
    <>
      <Text>{'An error is JSON with one sentence, as in `{"error": "wrong api key"}`.'}</Text>
      <Table
        label="Errors of the API"
        head={['status', 'when']}
        rows={[
          ['400', 'the body is not JSON, or a field is not usable; the first problem is named'],
          ['401', 'no key, an unknown one, or a read-only one where a read-write one is needed'],
          ['403', 'the check belongs to another project'],
          ['404', 'it is not there, or belongs to another project'],
          ['405', 'the method is not known there'],
          [
            '409',
            'resuming a check that is not paused, answered as text; repeating a message that is on its way; making ' +
              'a channel or a key where the project has 100 already',
          ],
          ['413', 'the body is larger than 1 MiB'],
          ['429', 'a test of this channel is still running, or there were too many tests'],
          ['503', 'the disk or the memory is full; `Retry-After` says when to try again'],
        ]}
      />
      <Text>
        Pages on other sites may call the API from a browser: every answer allows any origin, and OPTIONS is answered
        without a key.
      </Text>
    </>
  )
}

function Versions({ baseUrl }: DocProps) {
  return (
    <>
      <Text>Tools made for Healthchecks take these two addresses:</Text>
      <Table
        label="Addresses for tools made for Healthchecks"
        head={['setting', 'address']}
        rows={[
          ['API', `\`${baseUrl}/api/v3/\`, or v1 or v2 where a tool is old`],
          ['ping URLs', `\`${baseUrl}/ping/\``],
        ]}
      />
      <Table
        label="How the versions differ"
        head={['version', 'differs']}
        rows={[
          ['v1', 'the status of a check that is running is `started`'],
          ['v1, v2', 'a name makes the slug, unless a slug is sent too'],
          ['v3', 'has the calls that CronGuard adds, marked above'],
        ]}
      />
      <Text>A collection such as `/checks/` is answered without its last slash, too.</Text>
    </>
  )
}
