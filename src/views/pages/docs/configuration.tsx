import { Metrics } from './metrics.tsx'
import { DocPage, type DocProps, type DocSection, Sample, Table, Text } from './parts.tsx'

export interface DocumentedSetting {
  /** The variable, and for a secret the one that names a file. */
  names: readonly string[]
  default: string
  meaning: string
}

/** Every setting there is, in the order in which people ask for them. */
export const SETTINGS: readonly DocumentedSetting[] = [
  { names: ['CRONGUARD_HOST'], default: '`127.0.0.1`', meaning: 'the address to listen on; `0.0.0.0` or `::` for all' },
  { names: ['CRONGUARD_PORT'], default: '`8000`', meaning: 'the port to listen on' },
  {
    names: ['CRONGUARD_BASE_URL'],
    default: '`http://`, host and port',
    meaning:
      'where people and jobs reach it; links and ping URLs begin with it. Set it when they use another name, or a path',
  },
  {
    names: ['CRONGUARD_DATA_DIR'],
    default: '`./data`',
    meaning: 'the folder of the database; made when it is missing',
  },
  {
    names: ['CRONGUARD_SECRET_KEY', 'CRONGUARD_SECRET_KEY_FILE'],
    default: 'made at the first start, kept in the data folder',
    meaning:
      'signs sessions and badges; 16 characters or more. Another one signs everybody out, and moves the badges of tags',
  },
  {
    names: ['CRONGUARD_REGISTRATION'],
    default: '`closed`',
    meaning: '`open` lets everybody make an account; `closed` leaves that to invitations and the command line',
  },
  {
    names: ['CRONGUARD_SMTP_HOST'],
    default: 'none: mail is written to the log',
    meaning: 'the mail server',
  },
  { names: ['CRONGUARD_SMTP_PORT'], default: '25, 587 or 465, by security', meaning: 'its port' },
  {
    names: ['CRONGUARD_SMTP_SECURITY'],
    default: '`starttls`',
    meaning: '`starttls` on port 587, `tls` on port 465, or `none` on port 25',
  },
  { names: ['CRONGUARD_SMTP_USERNAME'], default: 'none', meaning: 'the user name at the mail server' },
  {
    names: ['CRONGUARD_SMTP_PASSWORD', 'CRONGUARD_SMTP_PASSWORD_FILE'],
    default: 'none',
    meaning: 'and its password',
  },
  {
    names: ['CRONGUARD_SMTP_FROM'],
    default: "`cronguard@` the host of the base URL, or this machine's name when that is digits",
    meaning: 'the sender of the mails',
  },
  {
    names: ['CRONGUARD_PING_BODY_LIMIT'],
    default: '`10000`',
    meaning: 'how many bytes of the body of a ping are kept; at most 10000000',
  },
  {
    names: ['CRONGUARD_TRUSTED_PROXIES'],
    default: 'none',
    meaning:
      'proxies that are believed about whom they ask for: addresses and networks, separated by commas, like ' +
      '`127.0.0.1, 10.0.0.0/8`',
  },
  {
    names: ['CRONGUARD_DIALECT_KUMA'],
    default: '`on`',
    meaning: 'whether the push URLs of Uptime Kuma are understood: `on` or `off`',
  },
  { names: ['CRONGUARD_DIALECT_SNITCH'], default: '`off`', meaning: "the same for Dead Man's Snitch" },
  { names: ['CRONGUARD_DIALECT_CRONITOR'], default: '`off`', meaning: 'the same for Cronitor' },
  { names: ['CRONGUARD_DIALECT_GATUS'], default: '`off`', meaning: 'the same for the external endpoints of Gatus' },
  { names: ['CRONGUARD_DIALECT_SENTRY'], default: '`off`', meaning: 'the same for the cron check-ins of Sentry' },
  { names: ['CRONGUARD_DIALECT_OPSGENIE'], default: '`off`', meaning: 'the same for the heartbeats of Opsgenie' },
  { names: ['CRONGUARD_DIALECT_HONEYBADGER'], default: '`off`', meaning: 'the same for the check-ins of Honeybadger' },
  {
    names: ['CRONGUARD_SMTPD_PORT'],
    default: 'none: pings by mail are not taken',
    meaning: 'the port on which mails to ping addresses arrive',
  },
  { names: ['CRONGUARD_SMTPD_HOST'], default: '`CRONGUARD_HOST`', meaning: 'the address to listen on for them' },
  {
    names: ['CRONGUARD_PING_EMAIL_DOMAIN'],
    default: 'the host of the base URL',
    meaning: 'what follows the @ of a ping address',
  },
  {
    names: ['CRONGUARD_METRICS_TOKEN', 'CRONGUARD_METRICS_TOKEN_FILE'],
    default: 'none: `/metrics` is closed',
    meaning: 'opens `/metrics` of the whole instance; 16 characters or more',
  },
  {
    names: ['CRONGUARD_PROJECT_BODY_BYTES'],
    default: '`1000000000`',
    meaning: 'bytes of ping bodies kept per project; the oldest are dropped, their pings stay',
  },
  {
    names: ['CRONGUARD_PING_DAYS'],
    default: '`90`',
    meaning: 'how many days pings are kept',
  },
  {
    names: ['CRONGUARD_PINGS_PER_MONITOR'],
    default: '`1000`',
    meaning: 'how many pings of a monitor are kept: the newest',
  },
  {
    names: ['CRONGUARD_BACKUP_KEEP'],
    default: '`7`',
    meaning: 'how many of the nightly backups are kept; `0` makes none',
  },
  {
    names: ['CRONGUARD_REPLICATED'],
    default: '`off`',
    meaning: '`on` leaves the write-ahead log to another program, like Litestream, that copies the database by it',
  },
  {
    names: ['CRONGUARD_HEARTBEAT_URL', 'CRONGUARD_HEARTBEAT_URL_FILE'],
    default: 'none',
    meaning: 'is called every minute while all is well: the ping URL of a monitor of another CronGuard',
  },
  {
    names: ['CRONGUARD_OUTBOUND_ALLOW'],
    default: 'none',
    meaning: 'private addresses and networks that channels may call while anybody can make an account',
  },
  {
    names: ['CRONGUARD_CA_FILE'],
    default: 'none',
    meaning: 'PEM file with certificates of your own authority, trusted for webhooks and mail besides the public ones',
  },
  { names: ['CRONGUARD_SOCKET'], default: 'none', meaning: 'the path of a unix socket to listen on, besides the port' },
  { names: ['CRONGUARD_LOG_LEVEL'], default: '`info`', meaning: '`debug`, `info`, `warn` or `error`' },
  {
    names: ['CRONGUARD_LOG_FORMAT'],
    default: '`text`',
    meaning: '`text` or `json`; one line per event, on standard error',
  },
]

const SECTIONS: readonly DocSection[] = [
  { id: 'settings', title: 'Settings', Content: Settings },
  { id: 'secrets', title: 'Secrets', Content: Secrets },
  { id: 'mail', title: 'Mail', Content: Mail },
  { id: 'commands', title: 'Commands', Content: Commands },
  { id: 'data', title: 'Data', Content: Data },
  { id: 'kept', title: 'What is kept', Content: Kept },
  { id: 'health', title: 'Health and logs', Content: Health },
  { id: 'metrics', title: 'Metrics', Content: Metrics },
]

/** How to run it. */
export function Configuration({ baseUrl }: DocProps) {
  return (
    <DocPage
      title="Configuration"
      lead="CronGuard is one executable. It is set up with environment variables, and works without any."
      sections={SECTIONS}
      baseUrl={baseUrl}
    />
  )
}

function Settings() {
  return (
    <>
      <Text>
        A bad value ends the start with a list of all that is wrong, and so does a name that begins with `CRONGUARD_`
        and is not in this table. An empty variable counts as absent.
      </Text>
      <Table
        label="Settings"
        head={['variable', 'default', 'meaning']}
        rows={SETTINGS.map((setting) => [
          setting.names.map((name) => `\`${name}\``).join(', '),
          setting.default,
          setting.meaning,
        ])}
      />
    </>
  )
}

function Secrets() {
  return (
    <>
      <Text>
        A secret may stand in a file of its own, named by the variable that ends in `_FILE`. White space around it does
        not count. Set only one of the two.
      </Text>
      <Sample
        lines={[
          'CRONGUARD_SECRET_KEY_FILE=/run/secrets/cronguard-key',
          'CRONGUARD_SMTP_PASSWORD_FILE=/run/secrets/smtp-password',
        ]}
      />
      <Text>
        With systemd 252 or newer, the installed service also takes secrets from `/etc/credstore`, where only root can
        read them: `cronguard.smtp-password`, `cronguard.secret-key`, `cronguard.metrics-token` and
        `cronguard.heartbeat-url`. Commands work without them, except `channel test` for an email channel: send that
        test from the channel's page.
      </Text>
      <Sample
        lines={[
          'sudo install -d -m 700 /etc/credstore',
          "sudo sh -c 'umask 077; cat >/etc/credstore/cronguard.smtp-password'",
          'sudo systemctl restart cronguard',
        ]}
      />
    </>
  )
}

function Mail() {
  return (
    <>
      <Sample
        lines={[
          'CRONGUARD_SMTP_HOST=mail.example.com',
          'CRONGUARD_SMTP_SECURITY=starttls',
          'CRONGUARD_SMTP_USERNAME=cronguard',
          'CRONGUARD_SMTP_PASSWORD_FILE=/run/secrets/smtp-password',
          'CRONGUARD_SMTP_FROM=CronGuard <cronguard@example.com>',
        ]}
      />
      <Text>
        With `starttls` and `tls` the certificate of the server must be valid for its name, and mail is never sent
        unencrypted. Use `none` only for a server on the same machine. User name and password belong together. If your
        own authority signed its certificate, name that one's certificate in `CRONGUARD_CA_FILE`; webhooks trust it,
        too.
      </Text>
      <Text>Then add an e-mail channel and test it: the answer holds what the mail server said.</Text>
    </>
  )
}

function Commands() {
  return (
    <>
      <Text>
        The commands work while the server runs, and must run as the same user, as in `sudo -u cronguard cronguard ...`.
        One that is told no `CRONGUARD_DATA_DIR` reads the settings of the installed service, from
        `/etc/cronguard/cronguard.env` or `~/.config/cronguard/cronguard.env`; what the environment says goes first.
      </Text>
      <Table
        label="Commands"
        head={['command', 'does']}
        rows={[
          ['`cronguard`, `cronguard serve`', 'watches and answers; stops cleanly on SIGTERM and Ctrl-C'],
          ['`cronguard migrate`', 'brings the database up to date without serving'],
          [
            '`cronguard user create EMAIL`',
            'creates a user with a project and prints a password; `--admin`, `--password-stdin`',
          ],
          ['`cronguard key create EMAIL`', 'makes an API key and prints it; `--project PROJECT`, `--read-only`'],
          [
            '`cronguard user list`, `user delete EMAIL`',
            'lists users; deletes one and the API keys that they created; `--json`, `--yes`, `--keep-keys`',
          ],
          [
            '`cronguard user reset-password EMAIL`',
            'gives a new password, prints it and ends all sessions; `--password-stdin`',
          ],
          [
            '`cronguard key list EMAIL`, `key delete EMAIL ID`',
            'lists API keys and who created them; deletes one; `--json`, `--yes`',
          ],
          ['`cronguard key ping EMAIL`', 'prints the project ping key; `--project PROJECT`, `--json`'],
          ['`cronguard project list EMAIL`', 'lists projects: id, ping key, name; `--json`'],
          [
            '`cronguard monitor list EMAIL`',
            'lists monitors with status, schedule, last ping and due; `--project PROJECT`; `--json` has ping URLs too',
          ],
          [
            '`cronguard monitor add EMAIL NAME`',
            'makes a monitor and prints its ping URL; `--schedule TEXT`, `--tz ZONE`, `--grace LENGTH`, ' +
              '`--tags WORDS`, `--channels WHICH`',
          ],
          ['`cronguard monitor pause`, `resume`, `rm EMAIL MONITOR`', 'by name, slug or key; `rm`: `--yes`'],
          ['`cronguard incident list EMAIL`', 'lists incidents, newest first; `--open`, `--count N`, `--json`'],
          ['`cronguard channel list EMAIL`, `channel test EMAIL CHANNEL`', 'lists channels; sends a test; `--json`'],
          [
            '`cronguard schedule next TEXT`',
            'shows the next times of a schedule; `--tz ZONE`, `--from TIME`, `--count N`, `--json`',
          ],
          [
            '`cronguard config check`, `config show`',
            'checks the settings; shows them and where they come from; `--json`',
          ],
          ['`cronguard doctor`', 'looks at everything that CronGuard needs, and says what to do; `--json`'],
          ['`cronguard backup`', 'copies the database; `--to FOLDER`, `--keep N`, `--json`'],
          ['`cronguard backup verify FILE`', 'says whether a backup is whole; `--json`'],
          ['`cronguard restore FILE`', 'puts a backup in the place of the database; the server must not run; `--json`'],
          ['`cronguard export [FILE]`', 'writes projects, monitors and channels as JSON; `--with-secrets`, `--force`'],
          ['`cronguard import FILE`', 'brings that in; `--owner EMAIL`, `--dry-run`, `--json`'],
          ['`cronguard completion SHELL`', 'prints what makes `bash`, `zsh` or `fish` complete all of this'],
          ['`cronguard version`, `cronguard help`', 'prints the version, `--json`; what each command takes'],
        ]}
      />
      <Text>
        Commands that delete ask for confirmation at a terminal; scripts pass `--yes`. Exit codes: 0 done, 1 failed, 2
        usage error, such as an empty argument from an unset shell variable.
      </Text>
    </>
  )
}

function Data() {
  return (
    <>
      <Text>
        Everything is in the data folder: the database, and the secret key unless it was given. Only one CronGuard can
        use a folder at a time.
      </Text>
      <Text>
        Backups of the database are made every night after 03:00 UTC into its folder `backups`. The page Backup says how
        to make one by hand, how to restore one, and what happens before an update.
      </Text>
    </>
  )
}

function Kept() {
  return (
    <>
      <Table
        label="What is kept, and for how long"
        head={['what', 'is kept']}
        rows={[
          ['pings', 'of each monitor the newest `CRONGUARD_PINGS_PER_MONITOR`, none longer than `CRONGUARD_PING_DAYS`'],
          ['bodies of pings', 'with their ping, of each project the newest `CRONGUARD_PROJECT_BODY_BYTES`'],
          [
            'changes of status, incidents, messages, blackouts',
            'for 93 days, or as long as pings when that is longer; an open incident for as long as it is open',
          ],
          ['messages on their way', 'until they have arrived or were given up'],
          ['sessions, mailed links, invitations', 'until they expire'],
          ['monitors, channels, projects, accounts', 'until somebody deletes them'],
        ]}
      />
      <Text>
        A ping that is not among the newest is seen nowhere from that moment on. What is not kept is deleted a little at
        a time, so that no ping waits for it, and the space goes back to the disk; a megabyte of it stays for the pings
        that come next. Status, the numbers of pings and the strip of the last runs do not depend on what is kept.
      </Text>
      <Text>
        A database that an early version of CronGuard made cannot give space back. Up to 250 MB it is written anew once,
        at a start, when three times its size is free and `CRONGUARD_REPLICATED` is off; a larger one when a backup of
        it is restored.
      </Text>
    </>
  )
}

function Health({ baseUrl }: DocProps) {
  return (
    <>
      <Sample
        lines={[
          `curl ${baseUrl}/health`,
          '{"status":"ok"}',
          `curl ${baseUrl}/health -H "Authorization: Bearer $CRONGUARD_METRICS_TOKEN"`,
          '{"status":"ok","parts":{"checker":"ok","outbox":"ok","database":"ok",...},"warnings":[]}',
        ]}
      />
      <Text>
        The answer is 200 with `ok` while everything works, and 503 with `failing` when something does not. Who has the
        metrics token, and an administrator who is signed in, is told which part that is, and every warning. `/livez`
        answers as long as the process does, and `/readyz` answers 200 while pings are kept and watched over. Let
        something outside of this machine look at it, because nobody can report their own death.
      </Text>
      <Text>
        Events are written to standard error, one line each; under systemd with a priority and without the time, which
        the journal knows. No line holds a ping key, an API key or a password: of an address only the words remain that
        CronGuard has in its own. An answer that says that something went wrong has the id of the request, in
        `X-Request-Id` and where people see it, and so has the line in the log. With `CRONGUARD_LOG_LEVEL=debug` every
        request is a line.
      </Text>
    </>
  )
}
