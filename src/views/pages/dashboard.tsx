import { LIST_ORDERS, type ListOrder, type StatusCounts } from '#domain/monitor-list.ts'
import { may, type OwnProject } from '#domain/project.ts'
import { url } from '#lib/base-path.ts'
import { Icon } from '#views/components/icon.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { MonitorList, type MonitorListProps } from '#views/partials/monitor-list.tsx'

/** Whether a project has channels, whether any is enabled, and whether its notifications can reach someone. */
export type ChannelsState = 'none' | 'off' | 'unconfirmed' | 'no-mail-server' | 'on'

interface DashboardProps extends MonitorListProps {
  context: FrameContext
  project: OwnProject
  tags: string[]
  /** Counts of all monitors, without the filter. */
  all: StatusCounts
  channels: ChannelsState
}

const ORDER_WORDS: Record<ListOrder, string> = {
  worst: 'Worst first',
  name: 'Name',
  'last-ping': 'Last ping',
  due: 'Next ping',
}

export function DashboardPage({ context, project, tags, all, channels, ...list }: DashboardProps) {
  const total = Object.values(all).reduce((sum, count) => sum + count, 0)
  return (
    <Frame
      context={channels === 'on' ? context : withoutUnnotifiedWarning(context)}
      title={titleOf(all.down)}
      room="monitors"
    >
      <div class="page-head">
        <h1>Monitors</h1>
        {may(project.role, 'operate') && total > 0 && (
          <a class="button button-primary" href={url(`/projects/${project.id}/monitors/new`)} data-shortcut="n">
            <Icon name="plus" /> New monitor
          </a>
        )}
      </div>
      {total > 0 && channels !== 'on' && <NoOneIsNotified context={context} project={project} channels={channels} />}
      {total > 0 && <FilterForm tags={tags} {...list} />}
      {total > 0 ? <MonitorList {...list} /> : <FirstMonitor context={context} project={project} channels={channels} />}
    </Frame>
  )
}

// The page says itself that no channel works.
function withoutUnnotifiedWarning(context: FrameContext): FrameContext {
  return { ...context, warnings: context.warnings.filter(({ kind }) => kind !== 'silent') }
}

/** For a user without a project. */
export function NoProjectPage({ context }: { context: FrameContext }) {
  return (
    <Frame context={context} title="Monitors" room={null}>
      <div class="empty">
        <h1>No projects yet</h1>
        <p class="soft">A project contains monitors, channels and members.</p>
        <a class="button button-primary" href={url('/projects/new')}>
          <Icon name="plus" /> New project
        </a>
      </div>
    </Frame>
  )
}

function titleOf(down: number): string {
  return down === 0 ? 'Monitors' : `(${down} down) Monitors`
}

function FilterForm({ projectId, filter, tags }: Pick<DashboardProps, 'projectId' | 'filter' | 'tags'>) {
  return (
    <form
      class="filter"
      method="get"
      action={url(`/projects/${projectId}`)}
      hx-get={url(`/projects/${projectId}/monitors/list`)}
      hx-trigger="input delay:150ms, change, submit"
      hx-include="this"
      hx-target="#monitors"
      hx-swap="outerMorph"
      hx-sync="this:replace"
    >
      {filter.status && <input type="hidden" name="status" value={filter.status} />}
      <label class="filter-text">
        <Icon name="search" />
        <span class="visually-hidden">Search by name, slug or tag</span>
        <input
          type="search"
          name="q"
          value={filter.text}
          placeholder="Search"
          autocomplete="off"
          dir="auto"
          data-shortcut="/"
          maxlength="200"
        />
      </label>
      {tags.length > 0 && (
        <label>
          <span class="visually-hidden">Tag</span>
          <select name="tag">
            <option value="">All tags</option>
            {tags.map((tag) => (
              <option value={tag} selected={tag === filter.tag}>
                {tag}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        <span class="visually-hidden">Sort by</span>
        <select name="sort">
          {LIST_ORDERS.map((order) => (
            <option value={order} selected={order === filter.order}>
              {ORDER_WORDS[order]}
            </option>
          ))}
        </select>
      </label>
      <noscript>
        <button type="submit" class="button">
          Apply
        </button>
      </noscript>
    </form>
  )
}

const NOTICES = {
  none: { lacks: 'This project has no channels', path: '/new', help: 'Create a channel' },
  off: { lacks: 'All channels in this project are disabled', path: '', help: 'Enable a channel' },
  unconfirmed: {
    lacks: 'The addresses of all enabled channels in this project are unconfirmed',
    path: '',
    help: 'View channels',
  },
  'no-mail-server': {
    lacks: "No mail server is configured, so this project's email channels send nothing",
    path: '',
    help: 'View channels',
  },
}

type NoOneProps = Pick<DashboardProps, 'context' | 'project'> & { channels: keyof typeof NOTICES }

function NoOneIsNotified({ context, project, channels }: NoOneProps) {
  const { lacks, path, help } = NOTICES[channels]
  const isForAdmin = channels === 'no-mail-server' && context.user.isAdmin
  return (
    <p class="banner">
      <Icon name="alert" />
      <span>
        {lacks}. No one gets notified when a monitor goes down. {isForAdmin && <SetUpMail />}
        {!isForAdmin && may(project.role, 'operate') && (
          <a href={url(`/projects/${project.id}/channels${path}`)}>{help}</a>
        )}
      </span>
    </p>
  )
}

function SetUpMail() {
  return <a href={url('/instance#mail-server')}>Set up the mail server</a>
}

function FirstChannel({ context, project, channels }: Pick<DashboardProps, 'context' | 'project' | 'channels'>) {
  if (channels === 'no-mail-server' && context.user.isAdmin) {
    return (
      <li>
        <h3>Set up email</h3>
        <p class="soft">
          <SetUpMail /> to get alerts at your email address.
        </p>
      </li>
    )
  }
  return (
    <li>
      <h3>Choose who gets notified</h3>
      <p class="soft">
        <a href={url(`/projects/${project.id}/channels`)}>Create a channel</a> and send a test.
      </p>
    </li>
  )
}

function FirstMonitor({ context, project, channels }: Pick<DashboardProps, 'context' | 'project' | 'channels'>) {
  if (!may(project.role, 'operate')) {
    return (
      <div class="empty" data-first-monitor="">
        <h2>No monitors yet</h2>
        <p class="soft">Monitors appear here when a member creates them.</p>
      </div>
    )
  }
  return (
    <div class="empty" data-first-monitor="">
      <h2>Monitor your first job</h2>
      <ol class="steps">
        {channels !== 'on' && <FirstChannel context={context} project={project} channels={channels} />}
        <li>
          <h3>Create a monitor</h3>
          <p class="soft">Name the job and set its schedule.</p>
        </li>
        <li>
          <h3>Copy its ping URL</h3>
          <p class="soft">Find it on the monitor's page, with a line for your crontab.</p>
        </li>
        <li>
          <h3>Run the job once</h3>
          <p class="soft">Or call the ping URL with curl.</p>
        </li>
        <li>
          <h3>See it turn green</h3>
          <p class="soft">The page updates automatically. From now on, you get an alert when a ping is missing.</p>
        </li>
      </ol>
      <a class="button button-primary" href={url(`/projects/${project.id}/monitors/new`)} data-shortcut="n">
        <Icon name="plus" /> New monitor
      </a>
    </div>
  )
}
