import { url } from '#lib/base-path.ts'
import { sizeInWords } from '#lib/size.ts'
import { type DatabaseSize, DatabaseSizeSection } from '#views/components/database-size.tsx'
import { Ago, Moment, type Reading } from '#views/components/moment.tsx'
import { Section, Sections } from '#views/components/section.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'

export interface ShownBackup {
  name: string
  madeAt: number
  bytes: number
}

export interface InstancePageProps {
  database: DatabaseSize
  context: FrameContext
  reading: Reading
  backups: {
    /** Newest first. */
    backups: ShownBackup[]
    failure: { at: number; problem: string } | null
    isUnderWay: boolean
    /** How many of those stay that are made every night; 0: none is made by itself. */
    keep: number
  }
}

const ENTRIES: [string, string][] = [
  ['backups', 'Backups'],
  ['database', 'Database'],
]

/** What whoever runs this CronGuard sees of it. */
export function InstancePage({ context, reading, backups, database }: InstancePageProps) {
  return (
    <Frame context={context} title="This CronGuard" room="instance">
      <div class="page-head">
        <h1>This CronGuard</h1>
      </div>
      <Sections entries={ENTRIES}>
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
        <p>There is no backup yet.</p>
      ) : (
        <p>
          The last backup was made <Ago at={last.madeAt} reading={reading} /> and has {sizeInWords(last.bytes)}.
        </p>
      )}
      <form method="post" action={url('/instance/backups')}>
        <button type="submit" class="button" disabled={isUnderWay}>
          {isUnderWay ? 'A backup is being made' : 'Make a backup now'}
        </button>
      </form>
      {last !== undefined && (
        <>
          <p>
            <b>A backup holds every secret but the secret key:</b> ping keys, settings of channels, password hashes.
            Keep a copy of it elsewhere, where nobody else can read it.{' '}
            <a href={url('/docs/backup')}>How to restore one</a>
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
  if (keep === 0) return 'None is made by itself: CRONGUARD_BACKUP_KEEP is 0.'
  const kept = keep === 1 ? 'only the newest is' : `the newest ${keep} are`
  return `One is made every night after 03:00 UTC, in the folder "backups" beside the database, and ${kept} kept.`
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
