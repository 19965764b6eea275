import type { Channel } from '#domain/channel.ts'
import type { Incident } from '#domain/incident.ts'
import { LINK_SNOOZE_LENGTHS, type Snooze } from '#domain/snooze.ts'
import type { Child } from '#jsx/jsx-runtime'
import { type Address, url } from '#lib/base-path.ts'
import { fullMomentInZone } from '#lib/zone.ts'
import { LENGTH_WORDS } from '#views/components/snooze.tsx'
import { Plain } from '#views/layouts/plain.tsx'

interface LinkPageProps {
  title: string
  /** Null when there is nothing to do. */
  button: { action: Address; label: string } | null
  /** Above the button. */
  fields?: Child
  children: Child
}

/** The page of a link in a message. Anyone who was forwarded the message sees it. */
function LinkPage({ title, button, fields, children }: LinkPageProps) {
  return (
    <Plain title={title}>
      <h1>{title}</h1>
      <div class="lead">{children}</div>
      {button && (
        <form method="post" action={button.action}>
          {fields}
          <button type="submit" class="button button-primary">
            {button.label}
          </button>
        </form>
      )}
    </Plain>
  )
}

interface AcknowledgePageProps {
  token: string
  incident: Incident
  monitorName: string
  zone: string
}

/** Shows nothing about the monitor but its name. */
export function AcknowledgePage({ token, incident, monitorName, zone }: AcknowledgePageProps) {
  const { acknowledgment, closedAt } = incident
  const name = <bdi class="breakable">{monitorName}</bdi>
  if (acknowledgment !== null) {
    return (
      <LinkPage title="Incident acknowledged" button={null}>
        <p>
          <strong>{name}</strong>: acknowledged on {fullMomentInZone(acknowledgment.at, zone)}.
        </p>
      </LinkPage>
    )
  }
  if (closedAt !== null) {
    return (
      <LinkPage title="Incident ended" button={null}>
        <p>
          <strong>{name}</strong>: the incident ended on {fullMomentInZone(closedAt, zone)}. No acknowledgment is
          needed.
        </p>
      </LinkPage>
    )
  }
  return (
    <LinkPage
      title="Acknowledge this incident?"
      button={{ action: url(`/acknowledge/${token}`), label: 'Acknowledge' }}
    >
      <p>
        <strong>{name}</strong> is down. Acknowledge the incident to show your team that someone is on it.
      </p>
    </LinkPage>
  )
}

/** Shows nothing about the monitor but its name. */
export function SnoozePage({ token, incident: { closedAt }, monitorName, zone, snooze }: SnoozePageProps) {
  const name = <bdi class="breakable">{monitorName}</bdi>
  if (closedAt !== null) {
    return (
      <LinkPage title="Incident ended" button={null}>
        <p>
          <strong>{name}</strong>: the incident ended on {fullMomentInZone(closedAt, zone)}.
        </p>
      </LinkPage>
    )
  }
  if (snooze) {
    const until = snooze.endsAt === null ? 'the monitor recovers' : fullMomentInZone(snooze.endsAt, zone)
    return (
      <LinkPage title="Snoozed" button={null}>
        <p>
          <strong>{name}</strong> notifies no one until {until}.
        </p>
      </LinkPage>
    )
  }
  return (
    <LinkPage
      title="Snooze this monitor?"
      button={{ action: url(`/snooze/${token}`), label: 'Snooze' }}
      fields={
        <select name="length" aria-label="Snooze for">
          {LINK_SNOOZE_LENGTHS.map((length) => (
            <option value={length}>{LENGTH_WORDS[length]}</option>
          ))}
        </select>
      }
    >
      <p>
        <strong>{name}</strong> is down. While it is snoozed, it notifies no one. If it is still down afterwards, you
        get another message.
      </p>
    </LinkPage>
  )
}

interface SnoozePageProps extends AcknowledgePageProps {
  snooze: Snooze | null
}

interface ReaderPageProps {
  token: string
  channel: Channel
  address: string
  /** The name of the project. */
  project: string
}

export function ConfirmAddressPage({ token, channel, address, project }: ReaderPageProps) {
  if (channel.unconfirmedSince === null) {
    return (
      <LinkPage title="Address confirmed" button={null}>
        <p>
          <bdi class="breakable">{address}</bdi> gets alerts from the project <ProjectName name={project} />.
        </p>
      </LinkPage>
    )
  }
  return (
    <LinkPage
      title="Confirm this address?"
      button={{ action: url(`/confirm-address/${token}`), label: 'Confirm address' }}
    >
      <p>
        <bdi class="breakable">{address}</bdi> will get alerts from the project <ProjectName name={project} />. You can
        unsubscribe at any time.
      </p>
    </LinkPage>
  )
}

export function UnsubscribePage({
  token,
  channel,
  address,
  project,
  isMember,
}: ReaderPageProps & { isMember: boolean }) {
  const who = <bdi class="breakable">{address}</bdi>
  if (channel.disabledAt !== null) {
    return (
      <LinkPage title="Unsubscribed" button={null}>
        <p>
          {who} no longer gets alerts from the project <ProjectName name={project} />.
        </p>
      </LinkPage>
    )
  }
  if (isMember) {
    return (
      <LinkPage title="Sign in to unsubscribe" button={null}>
        <p>
          {who} belongs to a member of the project <ProjectName name={project} />. Only that member can unsubscribe.
        </p>
        <p>
          <a class="button button-primary" href={url(`/channels/${channel.id}/unsubscribe`)}>
            Sign in
          </a>
        </p>
      </LinkPage>
    )
  }
  return (
    <LinkPage title="Unsubscribe?" button={{ action: url(`/unsubscribe/${token}`), label: 'Unsubscribe' }}>
      <p>
        {who} will no longer get alerts from the project <ProjectName name={project} />. The project's owners will be
        notified.
      </p>
    </LinkPage>
  )
}

export function ResubscribePage({ token, address, project }: ReaderPageProps) {
  return (
    <LinkPage title="Resubscribe?" button={{ action: url(`/resubscribe/${token}`), label: 'Resubscribe' }}>
      <p>
        <bdi class="breakable">{address}</bdi> will get alerts from the project <ProjectName name={project} /> again.
      </p>
    </LinkPage>
  )
}

export function SubscribedPage({ address, project }: Omit<ReaderPageProps, 'token' | 'channel'>) {
  return (
    <LinkPage title="Resubscribed" button={null}>
      <p>
        <bdi class="breakable">{address}</bdi> gets alerts from the project <ProjectName name={project} /> again.
      </p>
    </LinkPage>
  )
}

function ProjectName({ name }: { name: string }) {
  return (
    <>
      “<bdi class="breakable">{name}</bdi>”
    </>
  )
}

export function InvalidLinkPage({ message }: { message: string }) {
  return (
    <LinkPage title="This link doesn't work" button={null}>
      <p>{message}</p>
      <p>
        <a href={url('/login')}>Sign in</a>
      </p>
    </LinkPage>
  )
}
