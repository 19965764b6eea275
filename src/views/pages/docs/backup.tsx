import { CURL, DocPage, type DocProps, type DocSection, Sample, Table, Text } from './parts.tsx'

const SECTIONS: readonly DocSection[] = [
  { id: 'nightly', title: 'Every night', Content: Nightly },
  { id: 'by-hand', title: 'By hand', Content: ByHand },
  { id: 'elsewhere', title: 'On another machine', Content: Elsewhere },
  { id: 'restore', title: 'Restore', Content: Restore },
  { id: 'updates', title: 'Before an update', Content: Updates },
  { id: 'configuration', title: 'The configuration alone', Content: Configuration },
  { id: 'litestream', title: 'Replication with Litestream', Content: Litestream },
]

export function Backup({ baseUrl }: DocProps) {
  return (
    <DocPage
      title="Backup"
      lead="A backup is one file: the whole database at one moment. It is made while CronGuard runs and takes pings."
      sections={SECTIONS}
      baseUrl={baseUrl}
    />
  )
}

function Nightly() {
  return (
    <>
      <Text>
        CronGuard makes a backup every night after 03:00 UTC into the folder `backups` of its data folder, and keeps the
        newest 7. `CRONGUARD_BACKUP_KEEP` says how many; 0 makes none. A night that was missed is made up for soon after
        the start. One that fails is tried again every hour; the log and the page about this CronGuard say why it
        failed, and older backups stay as they were.
      </Text>
      <Table
        label="Files in the folder for backups"
        head={['file', 'is']}
        rows={[
          ['`cronguard-20261124T030000Z.db`', 'a backup, named by its moment in UTC'],
          [
            '`cronguard-20261124T030000Z.db.json`',
            'its manifest: version, schema, how many rows of each sort, size and SHA-256',
          ],
          ['`before-schema-4-….db`', 'the database before an update changed it; the newest 3 are kept'],
          ['`before-restore-….db`', 'the database before a backup was put in its place; yours to delete'],
        ]}
      />
      <Text>
        A backup holds every secret but the secret key: ping keys, settings of channels, password hashes. Without the
        file `secret-key` of the data folder, or `CRONGUARD_SECRET_KEY`, everybody signs in again after a restore, and
        nothing else is lost.
      </Text>
    </>
  )
}

function ByHand() {
  return (
    <>
      <Sample
        lines={[
          'sudo -u cronguard cronguard backup',
          'sudo -u cronguard cronguard backup --to /mnt/backup --keep 30',
          'sudo -u cronguard cronguard backup verify /mnt/backup/cronguard-20261124T030000Z.db',
        ]}
      />
      <Text>
        `--to` takes a folder, or a file, which is replaced only when it is a backup. `--keep` deletes older backups of
        that folder once the new one is complete, and nothing that CronGuard did not name itself. `--json` prints the
        manifest. The signal SIGUSR1 makes the server make a backup.
      </Text>
      <Text>
        `backup verify` ends with 0 when the backup is as it was made, whole, and of a schema that this version knows;
        otherwise with 1 and a sentence. Administrators find the last backups, a button for another one, and the
        download under This CronGuard in the menu of their account.
      </Text>
    </>
  )
}

function Elsewhere({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        A disk that dies takes its backups along. Copy the folder to another machine, and let CronGuard watch over that
        job, too:
      </Text>
      <Sample
        lines={[
          '30 4 * * *  rsync -a /var/lib/cronguard/backups/ nas:cronguard/' +
            ` && ${CURL} ${baseUrl}/ping/<ping key of a monitor>`,
        ]}
      />
      <Text>
        A crontab has one line for a job, however long. Leave `--delete` out: it would delete there what was lost here.
        Old copies are then yours to delete.
      </Text>
    </>
  )
}

function Restore({ baseUrl }: DocProps) {
  return (
    <>
      <Sample
        lines={[
          'systemctl stop cronguard',
          'sudo -u cronguard CRONGUARD_DATA_DIR=/var/lib/cronguard \\',
          '  cronguard restore /var/lib/cronguard/backups/cronguard-20261124T030000Z.db',
          'systemctl start cronguard',
          `curl ${baseUrl}/readyz`,
        ]}
      />
      <Text>
        The backup is looked through first. What was there is kept as `before-restore-….db`, with all that stood in its
        write-ahead log. The counts of both are printed. Should the machine go down meanwhile, either the old database
        is there or the new one. While a server runs in the folder, or another command uses the database, nothing is
        done. Never copy another file over the database of a running CronGuard: it notices, refuses every ping with 503
        from then on, and must be stopped before the right one is brought back.
      </Text>
      <Text>
        CronGuard then is as it was when the backup was made: what was changed since is changed back, and API keys and
        sessions that were ended since are good again, and messages that waited to be sent then are sent. The time since
        the backup counts as time in which CronGuard could not watch: every monitor gets a second chance.
      </Text>
    </>
  )
}

function Updates() {
  return (
    <Text>
      When a new version changes the database, it copies one with data in it before, and changes it all at once or not
      at all. It needs twice the size of the database free on the disk; with less it says so and changes nothing. To go
      back, install the version before and restore `before-schema-….db`. A version never works on a database that a
      newer one has changed.
    </Text>
  )
}

function Configuration() {
  return (
    <>
      <Sample
        lines={[
          'cronguard export configuration.json',
          'cronguard import --dry-run configuration.json',
          'cronguard import --owner you@example.com configuration.json',
        ]}
      />
      <Text>
        `export` writes projects, monitors with their ping keys, schedules and rules, channels, and which monitor tells
        which channel; no pings and no people. The settings of channels that are secret are left out unless
        `--with-secrets` is given. Keep the file as you would keep the keys. An older export is replaced, any other file
        only by `--force`.
      </Text>
      <Text>
        `import` knows projects and channels by their ids and monitors by their ping keys, makes what is missing and
        changes what is different: all of it or nothing. What is not in the file stays as it is, so the same file can be
        imported again. It is checked first and written in short steps, so no ping waits; stopped half way, run it
        again. UUIDs and keys of a Healthchecks server stay the same. A key that another project has, or had, is
        refused. A channel that is new and whose secrets were left out is skipped. New projects belong to the user of
        `--owner`, or to the first administrator, and take the place of an empty project of that user with the same
        name.
      </Text>
    </>
  )
}

function Litestream() {
  return (
    <>
      <Text>
        Litestream is a program of its own that copies every change to another place within a second. Tell CronGuard
        that it does, with `CRONGUARD_REPLICATED=on`: then CronGuard leaves the write-ahead log to Litestream. Without
        Litestream the log only grows, so set it only while Litestream runs. Backups are made all the same.
      </Text>
      <Text>The file `/etc/litestream.yml`, for version 0.3.13:</Text>
      <Sample
        lines={[
          'dbs:',
          '  - path: /var/lib/cronguard/cronguard.db',
          '    replicas:',
          '      - type: file                # or: type: s3, bucket: ..., path: ..., region: ...',
          '        path: /mnt/replica/cronguard',
          '        retention: 72h',
          '        snapshot-interval: 24h',
        ]}
      />
      <Text>
        Litestream must be the same user as CronGuard. After `systemctl edit litestream`, and in the same way for
        `cronguard`:
      </Text>
      <Sample
        lines={[
          '# /etc/systemd/system/litestream.service.d/override.conf',
          '[Unit]',
          'After=cronguard.service',
          '[Service]',
          'User=cronguard',
          'Group=cronguard',
          'Restart=always',
          '',
          '# /etc/systemd/system/cronguard.service.d/override.conf',
          '[Service]',
          'Environment=CRONGUARD_REPLICATED=on',
        ]}
      />
      <Text>To restore, with both stopped:</Text>
      <Sample
        lines={[
          'systemctl stop cronguard litestream',
          'sudo -u cronguard litestream restore -o /tmp/cronguard.db /var/lib/cronguard/cronguard.db',
          'sudo -u cronguard cronguard restore /tmp/cronguard.db',
          'rm /tmp/cronguard.db*',
          'systemctl start cronguard litestream',
        ]}
      />
      <Text>
        There is no manifest beside that file, and `restore` says so. Litestream notices the new database and begins
        with a new snapshot. LiteFS is not supported.
      </Text>
    </>
  )
}
