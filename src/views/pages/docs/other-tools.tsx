import { DAILY } from '#domain/schedule.ts'
import { snippetsFor } from '#views/snippets.ts'
import { CURL, DocPage, type DocProps, type DocSection, SAMPLE_KEY, Sample, Table, Text } from './parts.tsx'

const SECTIONS: readonly DocSection[] = [
  { id: 'moving', title: 'How to move', Content: Moving },
  { id: 'tools', title: 'Tools and their settings', Content: Tools },
  { id: 'healthchecks', title: 'Healthchecks', Content: Healthchecks },
  { id: 'uptime-kuma', title: 'Uptime Kuma', Content: UptimeKuma },
  { id: 'dead-mans-snitch', title: "Dead Man's Snitch", Content: DeadMansSnitch },
  { id: 'cronitor', title: 'Cronitor', Content: Cronitor },
  { id: 'gatus', title: 'Gatus', Content: Gatus },
  { id: 'sentry', title: 'Sentry', Content: Sentry },
  { id: 'opsgenie', title: 'Opsgenie', Content: Opsgenie },
  { id: 'honeybadger', title: 'Honeybadger', Content: Honeybadger },
  { id: 'answers', title: 'Answers', Content: Answers },
]

/** Which pings of other tools are understood, and what they come to. */
export function OtherTools({ baseUrl }: DocProps) {
  return (
    <DocPage
      title="Coming from another tool"
      lead="Jobs that report to another tool can go on as they do: CronGuard understands their pings."
      sections={SECTIONS}
      baseUrl={baseUrl}
    />
  )
}

function Moving() {
  return (
    <>
      <Text>
        Let the name of the old server lead to CronGuard, or put the new address into the jobs. What stands behind the
        host in a ping URL can stay. CronGuard finds the monitor in one of two ways:
      </Text>
      <Table
        label="How the monitor of a ping is found"
        head={['the old URL has', 'in CronGuard']}
        rows={[
          [
            'a token: Uptime Kuma, Dead Man’s Snitch, codes of Cronitor, ids of Honeybadger',
            'the alias of the monitor, under Advanced in its form or `"alias"` in the API; or its ping key, with or ' +
              'without hyphens',
          ],
          [
            'a key and a name: Cronitor, Gatus, Sentry, Opsgenie, Honeybadger by slug',
            'the ping key of the project, and the slug of the monitor',
          ],
        ]}
      />
      <Text>
        So tokens can be taken along, and keys cannot: put the ping key of the project where the old tool has its key.
        It stands in the settings of the project. An API key is not taken for it. An alias has 16 to 64 letters, digits,
        `-` and `_`, and only one monitor has it. A shorter one can be guessed: only `cronguard import` accepts it, with
        its `"alias_dialect"` (`kuma`, `snitch`, `cronitor` or `honeybadger`), the only one in which it works.
      </Text>
      <Text>
        The rules of the monitor hold for these pings as for all others, and words that come along as a message are kept
        as the body. A monitor must exist before its first ping, except with Cronitor.
      </Text>
    </>
  )
}

function Tools({ baseUrl }: DocProps) {
  return (
    <>
      <Table
        label="Tools whose pings are understood"
        head={['tool', 'setting', 'default', 'pings go to']}
        rows={[
          ['Healthchecks', 'none', 'on', '`/ping/...`, `/<ping key>`'],
          ['Uptime Kuma', '`CRONGUARD_DIALECT_KUMA`', 'on', '`/api/push/<token>`'],
          ['Dead Man’s Snitch', '`CRONGUARD_DIALECT_SNITCH`', 'off', '`/<token>`'],
          [
            'Cronitor',
            '`CRONGUARD_DIALECT_CRONITOR`',
            'off',
            '`/p/<key>/<slug>`, `/ping/<key>/<slug>?state=...`, `/<token>/run` and its like',
          ],
          ['Gatus', '`CRONGUARD_DIALECT_GATUS`', 'off', '`/api/v1/endpoints/<slug>/external`'],
          [
            'Sentry',
            '`CRONGUARD_DIALECT_SENTRY`',
            'off',
            '`/api/<number>/cron/<slug>/<key>/`, `/api/<number>/envelope/`',
          ],
          ['Opsgenie', '`CRONGUARD_DIALECT_OPSGENIE`', 'off', '`/v2/heartbeats/<slug>/ping`'],
          [
            'Honeybadger',
            '`CRONGUARD_DIALECT_HONEYBADGER`',
            'off',
            '`/v1/check_in/<token>`, `/v1/check_in/<key>/<slug>`',
          ],
        ]}
      />
      <Text>Set what you need to `on`, and start CronGuard again:</Text>
      <Sample lines={['CRONGUARD_DIALECT_CRONITOR=on', `CRONGUARD_BASE_URL=${baseUrl}`]} />
      <Text>
        All these URLs may have a slash at the end, and take GET, HEAD and POST unless something else is said below.
        None of them is ever redirected; a proxy must not redirect them either.
      </Text>
    </>
  )
}

function Healthchecks({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        The ping URLs are the same, and so is the management API. Ping keys stand at the root of the address too, as
        with hc-ping.com; slugs do not.
      </Text>
      <Sample lines={[`${CURL} ${baseUrl}/ping/${SAMPLE_KEY}`, `${CURL} ${baseUrl}/${SAMPLE_KEY}/start`]} />
      <Text>
        One more ending is understood: the name of a signal, such as `/TERM` or `/KILL`. It is a failure with 128 and
        the number of the signal as its exit status.
      </Text>
      <Text>
        In a systemd unit, `$EXIT_STATUS` alone does not tell success from failure: it is empty when `ExecStartPre=`
        fails, and 0 when a job that timed out still exits cleanly. `$SERVICE_RESULT` decides:
      </Text>
      <Sample lines={systemdUnit(`${baseUrl}/ping/${SAMPLE_KEY}`)} />
    </>
  )
}

function systemdUnit(pingUrl: string): string[] {
  const snippets = snippetsFor({ pingUrl, name: 'backup', schedule: DAILY })
  return (snippets.find(({ id }) => id === 'systemd')?.code ?? '').trimEnd().split('\n')
}

function UptimeKuma({ baseUrl }: DocProps) {
  return (
    <>
      <Text>Make the push token of Uptime Kuma the alias of the monitor. The push URL takes every method.</Text>
      <Sample lines={[`${CURL} "${baseUrl}/api/push/<token>?status=up&msg=OK&ping="`]} />
      <Table
        label="What a push of Uptime Kuma means"
        head={['in the URL', 'means']}
        rows={[
          ['`status=up`, or no status', 'success'],
          ['any other status', 'failure'],
          ['`msg`', 'the body of the ping'],
          ['`ping`', 'not kept; one that is negative or more than 100,000,000,000 is refused, as by Uptime Kuma'],
          ['`status=up&msg=start` from borgmatic', 'a start, because nothing has succeeded by then'],
        ]}
      />
      <Text>
        Other than Uptime Kuma, CronGuard takes pushes to a paused monitor. With borgmatic the hook `healthchecks` tells
        more than the hook `uptime_kuma`: it sends the log along.
      </Text>
    </>
  )
}

function DeadMansSnitch({ baseUrl }: DocProps) {
  return (
    <>
      <Text>Make the token of the snitch the alias of the monitor. The answer is 202, which its clients wait for.</Text>
      <Sample lines={[`${CURL} "${baseUrl}/<token>?s=$?&m=nightly"`]} />
      <Table
        label="What a check-in of Dead Man's Snitch means"
        head={['in the URL or in a form', 'means']}
        rows={[
          ['`s=0`, an empty `s`, or none', 'success'],
          ['any other `s`', 'failure; a number up to 255 is kept as the exit status'],
          ['`m`', 'the body of the ping'],
        ]}
      />
      <Text>
        The addresses of pages, such as `/login` and `/settings`, stay what they are. A page of another site cannot send
        POST to these URLs.
      </Text>
    </>
  )
}

function Cronitor({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        Put the ping key of the project where the API key of Cronitor stood, and the slug of the monitor, or its alias
        where that has capitals, where its key stood. A slug that is not known yet becomes a monitor, as with Cronitor:
        it is expected once a day with an hour of grace, and tells every channel of the project.
      </Text>
      <Sample lines={[`${CURL} "${baseUrl}/p/<key>/<slug>?state=complete"`, `${CURL} ${baseUrl}/<token>/complete`]} />
      <Table
        label="What telemetry of Cronitor means"
        head={['in the URL', 'means']}
        rows={[
          ['`state=run`', 'start'],
          ['`state=complete`, `ok`, `tick`, or none', 'success'],
          ['`state=fail`', 'failure'],
          ['any other state', 'refused with 400'],
          ['`series`', 'the run: start and end find each other by it'],
          ['`message`, `msg`', 'the body of the ping'],
          ['`status_code`', 'the exit status'],
          ['`duration`', 'how long the run took, in seconds; without it, it is measured from start to end'],
          ['`metric`, `stamp`, `env`, `host`', 'not kept'],
        ]}
      />
      <Text>
        Below `/ping/` a URL is Cronitor's only when it has a `state`, or ends in `/run` or `/complete` behind a slug;
        everything else there is for Healthchecks. So switch the dialect on first: before that a `state=fail` would
        count as a success. borgmatic's hook `cronitor` works with both kinds of URL as its `ping_url`. The programs of
        Cronitor have its host built in, and cannot be given another.
      </Text>
    </>
  )
}

function Gatus({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        The key of an external endpoint, its group and its name with `_` between them, is the slug of the monitor. The
        token is the ping key of the project. Only POST is taken.
      </Text>
      <Sample
        lines={[
          `${CURL} -X POST -H "Authorization: Bearer <key>" \\`,
          `  "${baseUrl}/api/v1/endpoints/core_backup/external?success=true"`,
        ]}
      />
      <Table
        label="What a result for Gatus means"
        head={['in the URL', 'means']}
        rows={[
          ['`success=true`', 'success'],
          ['`success=false`', 'failure'],
          ['`error`', 'the body of a failure'],
          ['`duration`', 'how long the run took, like `1m30s`; anything else is refused'],
        ]}
      />
    </>
  )
}

function Sentry({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        The slug is the slug of the monitor, and the public key of the DSN is the ping key of the project. The number of
        the project may be any. Check-ins are understood in the URL, as JSON, and in the envelopes that Sentry's
        libraries and `sentry-cli monitors run` send: only change the DSN. Everything else in an envelope is dropped. A
        monitor must exist before its first check-in.
      </Text>
      <Sample
        lines={[
          `${CURL} "${baseUrl}/api/1/cron/<slug>/<key>/?status=ok"`,
          `SENTRY_DSN=${baseUrl.replace('://', '://<key>@')}/1 sentry-cli monitors run <slug> -- backup.sh`,
        ]}
      />
      <Table
        label="What a check-in of Sentry means"
        head={['in the URL or in JSON', 'means']}
        rows={[
          ['`status` is `in_progress`', 'start'],
          ['`status` is `ok`', 'success'],
          ['`status` is `error`', 'failure'],
          ['any other `status`', 'a note, which changes nothing; none at all is refused with 400'],
          ['`check_in_id`', 'the run: start and end find each other by it; an end without it ends the newest run'],
          ['`duration`', 'how long the run took, in seconds'],
          ['`monitor_config`, `environment`', 'kept in the body of the ping when sent as JSON'],
        ]}
      />
      <Text>
        The schedule in `monitor_config` does not change the monitor. The answer to a check-in is 202, and to an
        envelope 200.
      </Text>
    </>
  )
}

function Opsgenie({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        The name of the heartbeat is the slug of the monitor, and the key is the ping key of the project. Every ping is
        a success, by GET, HEAD, POST, PUT or PATCH.
      </Text>
      <Sample lines={[`${CURL} -H "Authorization: GenieKey <key>" ${baseUrl}/v2/heartbeats/<slug>/ping`]} />
      <Text>Opsgenie says PONG to a heartbeat that does not exist; CronGuard says 404.</Text>
    </>
  )
}

function Honeybadger({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        The id of a check-in is the alias of the monitor. In a URL by slug the key of the project is the ping key of the
        project.
      </Text>
      <Sample
        lines={[
          `${CURL} ${baseUrl}/v1/check_in/<token>`,
          `${CURL} -H "Content-Type: application/json" \\`,
          `  -d '{"check_in": {"status": "error", "exit_code": 2}}' ${baseUrl}/v1/check_in/<key>/<slug>`,
        ]}
      />
      <Table
        label="What a check-in of Honeybadger means"
        head={['in JSON', 'means']}
        rows={[
          ['no JSON at all, or `status` is `success`', 'success'],
          ['JSON that cannot be read, or another `status`', 'a log entry, which changes nothing'],
          ['`status` is `error`', 'failure'],
          ['`exit_code`', 'the exit status; without a status, one other than 0 is a failure'],
          ['`stdout`, `stderr`', 'the body of the ping'],
          ['`duration`', 'how long the run took, in milliseconds'],
        ]}
      />
    </>
  )
}

function Answers() {
  return (
    <>
      <Table
        label="Answers to pings of other tools"
        head={['status', 'when']}
        rows={[
          ['200 or 202', 'it is on disk'],
          ['400', 'what it reports cannot be read'],
          ['401', 'no project has this key: Gatus and Opsgenie'],
          ['404', 'no monitor has this token or slug; with Uptime Kuma also what it reports cannot be read'],
          ['405', 'the method is not taken; `Allow` says which are'],
          ['409', 'several monitors of the project have this slug'],
          ['503', 'the disk took nothing; `Retry-After` says when to try again'],
        ]}
      />
      <Text>Everything but the first row means that nothing was recorded.</Text>
    </>
  )
}
