import { url } from '#lib/base-path.ts'
import { sizeInWords } from '#lib/size.ts'
import { type DatabaseSize, DatabaseSizeSection } from '#views/components/database-size.tsx'
import { Ago, Moment, type Reading } from '#views/components/moment.tsx'
import { Section, Sections } from '#views/components/section.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { MAIL_SECTION, type MailServerProps, MailServerSection } from './instance-mail.tsx'

export interface ShownBackup {
  name: string
  madeAt: number
  bytes: number
}

export interface InstancePageProps {
  mailServer: MailServerProps
  database: DatabaseSize
  context: FrameContext
  reading: Reading
  backups: {
    /** Newest first. */
    backups: ShownBackup[]
    failure: { at: number; problem: string } | null
    isUnderWay: boolean
    /** How many nightly backups are kept; 0 if nightly backups are disabled. */
    keep: number
  }
}

const ENTRIES: [string, string][] = [
  [MAIL_SECTION, 'Mail server'],
  ['backups', 'Backups'],
  ['database', 'Database'],
]

/** The page of the server's administrator. */
export function InstancePage({ context, reading, mailServer, backups, database }: InstancePageProps) {
  return (
    <Frame context={context} title="Server" room="instance">
      <div class="page-head">
        <h1>Server</h1>
      </div>
      <Sections entries={ENTRIES}>
        <MailServerSection {...mailServer} />
        <BackupsSection {...backups} reading={reading} />
        <Section id="database" title="Database">
          <DatabaseSizeSection {...database} />
        </Section>
      </Sections>
    </Frame>
  )
}

type BackupsProps = InstancePageProps['backups'] & { reading: Reading }

function BackupsSection({ backups, failure, isUnderWay, keep, reading }: BackupsProps) {
  const [last] = backups
  return (
    <Section id="backups" title="Backups">
      <p class="soft">{rhythm(keep)}</p>
      {failure !== null && (
        <p class="problem-box" role="alert">
          <span>
            The last backup failed <Ago at={failure.at} reading={reading} />: {failure.problem}
          </span>
        </p>
      )}
      {last === undefined ? (
        <p>No backup yet.</p>
      ) : (
        <p>
          Last backup: <Ago at={last.madeAt} reading={reading} />, {sizeInWords(last.bytes)}.
        </p>
      )}
      <form method="post" action={url('/instance/backups')}>
        <button type="submit" class="button" disabled={isUnderWay}>
          {isUnderWay ? 'Backup in progress' : 'Back up now'}
        </button>
      </form>
      {last !== undefined && (
        <>
          <p>
            <b>A backup contains all secrets except the secret key:</b> ping keys, channel settings and password hashes.
            Store a copy securely on another machine. <a href={url('/docs/backup')}>How to restore a backup</a>
          </p>
          <ul class="rows">
            {backups.map((backup) => (
              <BackupRow backup={backup} reading={reading} />
            ))}
          </ul>
        </>
      )}
    </Section>
  )
}

function rhythm(keep: number): string {
  if (keep === 0) return 'Nightly backups are disabled: CRONGUARD_BACKUP_KEEP is 0.'
  const kept = keep === 1 ? 'only the newest backup' : `the last ${keep} backups`
  return `CronGuard backs up its database to the “backups” folder every night after 03:00 UTC. It keeps ${kept}.`
}

function BackupRow({ backup: { name, madeAt, bytes }, reading }: { backup: ShownBackup; reading: Reading }) {
  return (
    <li class="row">
      <div class="row-main">
        <p class="row-title">
          <b>
            <Moment at={madeAt} reading={reading} isExact />
          </b>
        </p>
        <p class="row-facts">
          <span>{sizeInWords(bytes)}</span>
          <span class="breakable">{name}</span>
        </p>
      </div>
      <a class="button button-small" href={url(`/instance/backups/${name}`)} download={name}>
        Download<span class="visually-hidden"> {name}</span>
      </a>
    </li>
  )
}
