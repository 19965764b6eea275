import {
  CURL,
  crontabLine,
  DocPage,
  type DocProps,
  type DocSection,
  SAMPLE_KEY,
  Sample,
  Table,
  Text,
} from './parts.tsx'

const SECTIONS: readonly DocSection[] = [
  { id: 'first-ping', title: 'The first ping', Content: FirstPing },
  { id: 'flags', title: 'Keep pings from getting lost', Content: Flags },
  { id: 'urls', title: 'Ping URLs', Content: Urls },
  { id: 'exit-status', title: 'Success, failure and exit status', Content: ExitStatus },
  { id: 'start', title: 'Start and overrun', Content: Start },
  { id: 'run-ids', title: 'Runs that overlap', Content: RunIds },
  { id: 'body', title: 'Sending output along', Content: Body },
  { id: 'wrapper', title: 'All of it in one script', Content: Wrapper },
  { id: 'slugs', title: 'Ping URLs by slug', Content: Slugs },
  { id: 'rules', title: 'Which pings count', Content: Rules },
  { id: 'mail', title: 'Pings by mail', Content: ByMail },
  { id: 'paused', title: 'Pings to a paused monitor', Content: Paused },
  { id: 'answers', title: 'Answers', Content: Answers },
]

/** How a job reports. */
export function Pinging({ baseUrl }: DocProps) {
  return (
    <DocPage
      title="Pinging"
      lead="A job reports with one HTTP request to the ping URL of its monitor. No library and no agent is needed."
      sections={SECTIONS}
      baseUrl={baseUrl}
    />
  )
}

function FirstPing({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        Put the ping after the job in the crontab. The page of the monitor shows this line with its own ping URL; the
        key in these examples belongs to nobody.
      </Text>
      <Sample lines={[crontabLine(`${baseUrl}/ping/${SAMPLE_KEY}`)]} />
      <Text>With GNU wget:</Text>
      <Sample lines={[crontabLine(`${baseUrl}/ping/${SAMPLE_KEY}`, 'wget')]} />
      <Text>
        The first ping starts the watch: from then on the next one is expected within the period of the monitor. Keep
        the ping URL to yourself, because whoever has it can report in the name of the job.
      </Text>
    </>
  )
}

function Flags({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        These lines try six times within half a minute, so no ping is lost when CronGuard restarts or crashes. They
        print nothing unless every try fails, so cron sends no mail about a ping that arrived. In a script, curl 7.71 or
        newer can retry by itself:
      </Text>
      <Sample lines={[`${CURL} ${baseUrl}/ping/${SAMPLE_KEY}`]} />
      <Table
        label="Flags of curl"
        head={['curl', 'does']}
        rows={[
          ['`-f`', 'makes an answer of 400 or more an error, with an exit status other than 0'],
          ['`-s`', 'prints nothing; with `-S`, only errors'],
          ['`-m 10`', 'gives up an attempt after 10 seconds, so that the job never hangs on its ping'],
          ['`--retry 5`', 'tries again after 1, 2, 4, 8 and 16 seconds'],
          [
            '`--retry-all-errors`',
            'retries after any error: without it, a crash of CronGuard during a request loses the ping',
          ],
          ['`-o /dev/null`', 'drops the `OK`, about which cron would send a mail'],
        ]}
      />
      <Table
        label="Flags of wget"
        head={['wget', 'does']}
        rows={[
          ['`-nv -O /dev/null`', 'prints one line on an error, keeps no file'],
          ['`-T 10 -t 1`', 'waits at most 10 seconds per step and tries once: the loop retries'],
        ]}
      />
      <Text>
        An answer of `OK` means that the ping is on disk. Never let a proxy redirect `/ping/`: curl does not follow, and
        does not call it an error either, so the ping is lost without a sign.
      </Text>
    </>
  )
}

function Urls({ baseUrl }: DocProps) {
  const url = `${baseUrl}/ping/<ping key>`
  return (
    <>
      <Table
        label="Ping URLs and what they mean"
        head={['URL', 'means']}
        rows={[
          [`\`${url}\``, 'the job is done'],
          [`\`${url}/start\``, 'a run begins'],
          [`\`${url}/fail\``, 'the job failed'],
          [`\`${url}/<exit status>\``, '0: the job is done; 1 to 255: it failed'],
          [`\`${url}/TERM\``, 'a signal ended it, as systemd says in `$EXIT_STATUS`: 143, a failure'],
          [`\`${url}/log\``, 'a note, kept with the pings; it changes neither status nor deadline'],
        ]}
      />
      <Text>
        GET, HEAD, POST, PUT and every other method report; only OPTIONS does not. Tools that speak to Healthchecks work
        as they are: give them the ping URL, which also works without `/ping`, by UUID or by ping key and slug, or the
        address below where they ask for the root of all ping URLs.
      </Text>
      <Sample lines={[`${baseUrl}/ping/`]} />
    </>
  )
}

function ExitStatus({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        Put the exit status at the end of the ping URL: 0 is a success, anything else a failure, which alerts at once.
        With `&&` between the job and a plain ping, CronGuard notices a failure only when the ping does not arrive.
      </Text>
      <Sample lines={['backup.sh', `${CURL} ${baseUrl}/ping/${SAMPLE_KEY}/$?`]} />
      <Text>
        The exit status of a pipe is that of its last program: `pg_dump shop | gzip` succeeds even when `pg_dump` fails.
        In bash, put `set -o pipefail` before it.
      </Text>
      <Text>
        A failure takes the monitor down and opens an incident, whatever its status was. The next success brings it up
        again. An exit status above 255 is refused with 400.
      </Text>
    </>
  )
}

function Start({ baseUrl }: DocProps) {
  return (
    <>
      <Sample
        lines={[`${CURL} ${baseUrl}/ping/${SAMPLE_KEY}/start`, 'backup.sh', `${CURL} ${baseUrl}/ping/${SAMPLE_KEY}/$?`]}
      />
      <Text>
        A start does not change the status. It measures how long the run takes, and it sets a limit: a run that has not
        ended when the grace is over takes the monitor down. So choose a grace that is longer than the longest run. This
        holds for a monitor that was never pinged, too.
      </Text>
      <Text>
        Without run ids the newest start is the one that is watched: a start while another run is under way begins the
        measuring anew.
      </Text>
    </>
  )
}

function ByMail() {
  return (
    <>
      <Text>
        Where `CRONGUARD_SMTPD_PORT` is set, a mail reports as well: for appliances and programs that can do nothing but
        mail. The address stands on the page of the monitor: its ping key before the @, or the project ping key, a plus
        sign and the slug. The whole mail is kept, up to 1 MB. Where the newest one asks for a confirmation, as a
        service does before it forwards mail, the page of the monitor points at it.
      </Text>
      <Text>
        Such a mail is a success. When the monitor looks for words in the subject or the text, these decide, in the
        order failure, success, start. The text is what a reader sees, of the plain part and of the HTML part.
      </Text>
      <Text>
        CronGuard speaks plain SMTP on that port, without passwords and without encryption. Let the MX record of the
        domain, or the mail server of the network, lead to it. The service may not open port 25; lead it to another one,
        like 2525:
      </Text>
      <Sample
        lines={[
          'nft add table ip nat',
          "nft 'add chain ip nat prerouting { type nat hook prerouting priority dstnat; }'",
          'nft add rule ip nat prerouting tcp dport 25 redirect to :2525',
        ]}
      />
    </>
  )
}

function RunIds({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        When a run may begin before the last one has ended, give each of them a run id: any UUID, the same at the start
        and at the end.
      </Text>
      <Sample
        lines={[
          'RUN=$(cat /proc/sys/kernel/random/uuid)',
          `${CURL} "${baseUrl}/ping/${SAMPLE_KEY}/start?rid=$RUN"`,
          'backup.sh',
          'status=$?',
          `${CURL} "${baseUrl}/ping/${SAMPLE_KEY}/$status?rid=$RUN"`,
        ]}
      />
      <Table
        label="What the end of a run does to the run that is watched"
        head={['the end has', 'success', 'failure']}
        rows={[
          ['the run id of the start, or neither has one', 'ends the run; the duration is known', 'the same'],
          ['no run id, and every start has one', 'ends all runs; no duration', 'the same'],
          [
            'a run id that no start had',
            'reports; the runs stay under watch',
            'the same; a single run is ended, as in Healthchecks',
          ],
        ]}
      />
      <Text>
        The list of pings pairs each end with the start of its own run id, for runs of up to 72 hours, even when another
        run began in between. A run id that is not a UUID is refused with 400.
      </Text>
    </>
  )
}

function Body({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        The body of a request is kept with the ping, exactly as it came. Of a long one the first 10,000 bytes are kept,
        unless `CRONGUARD_PING_BODY_LIMIT` says otherwise, so send the end of a log rather than all of it:
      </Text>
      <Sample
        lines={[`backup.sh 2>&1 | tail -c 10000 | ${CURL} \\`, `  --data-binary @- ${baseUrl}/ping/${SAMPLE_KEY}/log`]}
      />
      <Text>
        The limit stands in the header `Ping-Body-Limit` of every answer to a ping. A body of more than 16 MiB is
        refused with 413, and that ping does not count; nor does one whose body stops coming for two minutes, so let a
        job end before its output is sent. The body of a GET request is not read: use POST.
      </Text>
      <Text>
        Keywords and pages read the body as text: UTF-8, UTF-16 with a byte order mark, any charset that the
        `Content-Type` declares, and gzip, deflate, brotli or zstd with a `Content-Encoding`. Keywords are looked for in
        the first 10,000 bytes, or the first `CRONGUARD_PING_BODY_LIMIT`. The API's `/body` returns the bytes as sent.
        Viewers of the project see the text without ping keys, and never the bytes.
      </Text>
      <Text>
        The time, the method, the user agent and the address of the connection are kept too. Behind a proxy that is the
        address of the proxy, unless `CRONGUARD_TRUSTED_PROXIES` names it.
      </Text>
    </>
  )
}

/** A script that reports start, output and exit status; the exit status stays that of the job. */
function wrapperScript(baseUrl: string): string[] {
  return [
    '#!/bin/sh',
    `PING_URL=${baseUrl}/ping/${SAMPLE_KEY}`,
    'RUN=$(cat /proc/sys/kernel/random/uuid)',
    `report() { ${CURL} "$@"; }`,
    '',
    'report "$PING_URL/start?rid=$RUN"',
    'output=$("$@" 2>&1)',
    'status=$?',
    'printf "%s\\n" "$output"',
    'printf "%s\\n" "$output" | tail -c 10000 | report --data-binary @- "$PING_URL/$status?rid=$RUN"',
    'exit $status',
  ]
}

function Wrapper({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        Save this as `watched`, make it executable, and put it before the command: `watched backup.sh --all`. Its exit
        status is passed on. When CronGuard cannot be reached or does not know the ping key, the job starts after half a
        minute of trying; where nothing answers at all, after a minute and a half.
      </Text>
      <Sample lines={wrapperScript(baseUrl)} />
    </>
  )
}

function Slugs({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        A monitor with a slug can be pinged by name as well, with the project ping key in front. The endings and the
        parameters are the same. This command prints the key; the settings of the project show it too.
      </Text>
      <Sample
        lines={[
          'PING_KEY=$(cronguard key ping you@example.com)',
          `${CURL} "${baseUrl}/ping/$PING_KEY/backup"`,
          `${CURL} "${baseUrl}/ping/$PING_KEY/backup/fail"`,
        ]}
      />
      <Text>
        With `create=1` a monitor that does not exist yet is made by its first ping, and the answer is `Created` with
        status 201. It is expected once a day with an hour of grace, and tells every channel of the project. A slug has
        1 to 100 of the characters a-z, 0-9, `-` and `_`.
      </Text>
      <Sample lines={[`${CURL} "${baseUrl}/ping/$PING_KEY/nightly-report?create=1"`]} />
    </>
  )
}

function Rules() {
  return (
    <>
      <Text>Each monitor may be stricter about what it takes for a report:</Text>
      <Table
        label="Rules of a monitor about pings"
        head={['setting in the API', 'does']}
        rows={[
          ['`"methods": "POST"`', 'only POST counts: a browser or a link preview that opens the URL reports nothing'],
          ['`"filter_http_body": true`', 'the body decides, and not the URL'],
          [
            '`"failure_kw": "ERROR,FATAL"`',
            'then a body with one of these words is a failure; this is looked at first',
          ],
          ['`"success_kw": "done"`', 'then one with these is a success'],
          ['`"start_kw": "begin"`', 'then one with these is a start'],
          ['`"filter_default_fail": true`', 'a body with none of the words is a failure; otherwise it is ignored'],
        ]}
      />
      <Text>
        Words are separated by commas and compared letter by letter, upper and lower case apart. A ping that does not
        count is answered `OK` and kept in the list as ignored. It changes neither status nor deadline.
      </Text>
    </>
  )
}

function Paused() {
  return (
    <>
      <Text>A paused monitor is silent until its job reports:</Text>
      <Table
        label="Pings to a paused monitor"
        head={['ping', 'paused', 'paused, with manual resume']}
        rows={[
          ['success', 'it is up; nobody is told', 'ignored'],
          ['failure', 'it is down, and people are told at once', 'ignored'],
          ['start', 'it stays paused; a run that does not end within the grace takes it down', 'ignored'],
          ['log', 'kept; it stays paused', 'ignored'],
        ]}
      />
      <Text>
        With manual resume (`"manual_resume": true` in the API) only a person wakes the monitor. After that it is new
        again.
      </Text>
    </>
  )
}

function Answers() {
  return (
    <>
      <Table
        label="Answers to a ping"
        head={['status', 'text', 'when']}
        rows={[
          ['200', '`OK`', 'it is on disk; also when it is kept as ignored'],
          ['201', '`Created`', 'with `create=1`: the monitor was made and pinged'],
          ['400', '`invalid url format`', 'an exit status above 255, or a slug with capital letters'],
          ['400', '`invalid uuid format`', 'the run id is not a UUID'],
          ['404', '`not found`', 'no monitor has this key or slug'],
          ['409', '`ambiguous slug`', 'several monitors of the project have this slug'],
          ['413', '', 'the body has more than 16 MiB'],
          ['503', 'a sentence', 'the disk or the memory is full; `Retry-After` says when to try again'],
        ]}
      />
      <Text>
        Every answer but the first two means that nothing was recorded. All bodies in transit share 64 MiB of memory;
        when it is full, the slowest large ones get 503. An unknown key is answered before a long body is read.
      </Text>
      <Text>
        Extra slashes before or after `/ping` do not matter. A connection may be silent for 130 seconds between pings.
        Send a ping only after the answer to the one before: otherwise CronGuard records the first ping and closes the
        connection without an answer. An empty line after a body closes it too, with 400. `Expect: 100-continue` is
        answered only in lower case, so a client that writes it otherwise waits a moment before it sends the body.
      </Text>
    </>
  )
}
