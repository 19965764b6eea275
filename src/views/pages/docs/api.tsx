import { DocPage, type DocProps, type DocSection, SAMPLE_KEY, Sample, Table, Text } from './parts.tsx'

const SECTIONS: readonly DocSection[] = [
  { id: 'keys', title: 'Keys', Content: Keys },
  { id: 'calls', title: 'Calls', Content: Calls },
  { id: 'create', title: 'Creating and changing a monitor', Content: Create },
  { id: 'fields', title: 'Fields of a monitor', Content: Fields },
  { id: 'reading', title: 'Reading', Content: Reading },
  { id: 'history', title: 'Pings, changes and messages', Content: History },
  { id: 'errors', title: 'Errors', Content: Errors },
  { id: 'versions', title: 'Versions and compatible clients', Content: Versions },
  { id: 'badges', title: 'Badges', Content: Badges },
]

/** Monitors and channels by script. */
export function Api({ baseUrl }: DocProps) {
  return (
    <DocPage
      title="API"
      lead="Monitors and channels by JSON over HTTP, as clients of Healthchecks know it. It calls a monitor a check."
      sections={SECTIONS}
      baseUrl={baseUrl}
    />
  )
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
        `Authorization: Bearer` is understood as well. A key made with `--read-only` may list and read checks and their
        flips, and never learns a ping URL.
      </Text>
    </>
  )
}

function Calls() {
  return (
    <>
      <Text>
        The paths stand below `/api/v3`. A check is named by its ping key, which the answers call `uuid`. Where a
        read-only key is enough, its `unique_key` will do.
      </Text>
      <Table
        label="Calls of the API"
        head={['call', 'does', 'read-only key']}
        rows={[
          [
            '`GET /checks/`',
            'lists the checks; `?slug=` and `?tag=` narrow it down, several tags must all match',
            'yes',
          ],
          ['`POST /checks/`', 'creates one, or changes the one that `unique` finds', ''],
          ['`GET /checks/<id>`', 'reads one', 'yes'],
          ['`POST /checks/<id>`', 'changes the fields that are sent', ''],
          ['`DELETE /checks/<id>`', 'deletes it with its history, and answers with what it was', ''],
          ['`POST /checks/<id>/pause`', 'pauses it', ''],
          ['`POST /checks/<id>/resume`', 'resumes it: it is new again', ''],
          ['`GET /checks/<id>/pings/`', 'lists the newest 1,000 pings, newest first', ''],
          ['`GET /checks/<id>/pings/<n>/body`', 'the body of a ping, as it came', ''],
          [
            '`GET /checks/<id>/flips/`',
            'lists changes of status; `?seconds=`, `?start=` and `?end=` narrow it down',
            'yes',
          ],
          ['`GET /checks/<id>/deliveries/`', 'lists the newest 1,000 messages and what became of them; v3', ''],
          ['`GET /channels/`', 'lists the channels: id, name, kind', ''],
          ['`POST /channels/`', 'creates one; v3', ''],
          ['`DELETE /channels/<id>`', 'deletes it; v3', ''],
          ['`POST /channels/<id>/test`', 'sends a test now and says what became of it; v3', ''],
        ]}
      />
    </>
  )
}

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
          `  -d '{"timeout": 30, "grace": 10, "subminute": true}'`,
          `curl -X POST ${baseUrl}/api/v3/checks/${SAMPLE_KEY}/pause -H "X-Api-Key: $KEY"`,
          `curl -X DELETE ${baseUrl}/api/v3/checks/${SAMPLE_KEY} -H "X-Api-Key: $KEY"`,
        ]}
      />
    </>
  )
}

function Fields() {
  return (
    <>
      <Table
        label="Fields that a request may set"
        head={['field', 'takes', 'when it is not given']}
        rows={[
          ['`name`', 'up to 100 characters', 'empty'],
          ['`slug`', 'up to 100 of a-z, 0-9, `-` and `_`', 'empty; v1 and v2 make it from the name'],
          ['`tags`', 'words with spaces between them, up to 500 characters', 'empty'],
          ['`desc`', 'up to 10,000 characters', 'empty'],
          ['`timeout`', 'the period: 60 to 31536000 seconds', '86400, a day'],
          ['`grace`', '60 to 31536000 seconds', '3600, an hour'],
          ['`subminute`', '`true` allows `timeout` and `grace` from 1 second on', '`false`'],
          ['`channels`', '`*` for all of the project, or ids and names with commas between them', 'none'],
          ['`unique`', 'any of `name`, `slug`, `tags`, `timeout`, `grace`', 'always creates'],
          ['`manual_resume`', '`true` or `false`', '`false`'],
          ['`methods`', '`"POST"`, or `""` for every method', '`""`'],
          ['`filter_http_body`, `filter_default_fail`', '`true` or `false`; see Pinging', '`false`'],
          ['`start_kw`, `success_kw`, `failure_kw`', 'words with commas between them, up to 200 characters', 'empty'],
        ]}
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
          ['`last_duration`', 'how many seconds the last run took, when that is known'],
          ['`uuid`, `ping_url`', 'the ping key, and the URL that a job calls'],
          ['`update_url`, `pause_url`, `resume_url`', 'where to change, pause and resume it'],
          ['`channels`', 'the ids of its channels, with commas between them'],
          ['`unique_key`', 'only for a read-only key, in the place of the four rows above'],
        ]}
      />
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
          ['403', 'the check or the channel belongs to another project'],
          ['404', 'there is no such check, channel or body'],
          ['405', 'the method is not known there'],
          [
            '409',
            'resuming a check that is not paused, answered as text; or a project has 100 channels and gets one more',
          ],
          ['413', 'the body has more than 16 MiB'],
          ['429', 'a test of this channel is still running'],
          ['503', 'the disk took nothing; `Retry-After` says when to try again'],
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
          ['v3', 'has the additions of CronGuard: channels, deliveries'],
        ]}
      />
      <Text>
        A collection such as `/checks/` is answered without its last slash, too. Schedules are periods: a request that
        sets `schedule`, or a `tz` other than UTC, is refused with 400.
      </Text>
    </>
  )
}

function Badges({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        A badge shows the name and the status of one monitor to everybody who has its address. The address has a key of
        its own, from which nobody can learn the ping URL. It stands on the page of the monitor.
      </Text>
      <Sample
        lines={[
          `![backup](${baseUrl}/badge/${SAMPLE_KEY}.svg)`,
          '',
          `curl ${baseUrl}/badge/${SAMPLE_KEY}.json`,
          '{"name":"backup","status":"up","last_ping":"2026-11-24T05:57:25.319Z","due":"2026-11-25T05:57:25.319Z"}',
        ]}
      />
      <Text>The status is `new`, `up`, `late`, `down` or `paused`. Badges are never cached.</Text>
    </>
  )
}
