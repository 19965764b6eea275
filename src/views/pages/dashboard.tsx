import { LIST_ORDERS, type ListOrder, type StatusCounts } from '#domain/monitor-list.ts'
import { may, type OwnProject } from '#domain/project.ts'
import { url } from '#lib/base-path.ts'
import { Icon } from '#views/components/icon.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import { MonitorList, type MonitorListProps } from '#views/partials/monitor-list.tsx'

/** Whether a project has channels, any of them is switched on, and reaches somebody. */
export type ChannelsState = 'none' | 'off' | 'unheard' | 'on'

interface DashboardProps extends MonitorListProps {
  context: FrameContext
  project: OwnProject
  tags: string[]
  /** Of all monitors, whatever is searched for. */
  all: StatusCounts
  channels: ChannelsState
}

const ORDER_WORDS: Record<ListOrder, string> = {
  worst: 'Worst first',
  name: 'Name',
  'last-ping': 'Last ping',
  due: 'Next due',
}

export function DashboardPage({ context, project, tags, all, channels, ...list }: DashboardProps) {
  const total = Object.values(all).reduce((sum, count) => sum + count, 0)
  return (
    <Frame context={context} title={titleOf(all.down)} room="monitors">
      <div class="page-head">
        <h1>Monitors</h1>
        {may(project.role, 'operate') && total > 0 && (
          <a class="button button-primary" href={url(`/projects/${project.id}/monitors/new`)} data-shortcut="n">
            <Icon name="plus" /> New monitor
          </a>
        )}
      </div>
      {total > 0 && channels !== 'on' && <NobodyIsTold project={project} channels={channels} />}
      {total > 0 && <FilterForm tags={tags} {...list} />}
      {total > 0 ? <MonitorList {...list} /> : <FirstMonitor project={project} channels={channels} />}
    </Frame>
  )
}

/** For somebody who belongs to no project. */
export function NoProjectPage({ context }: { context: FrameContext }) {
  return (
    <Frame context={context} title="Monitors" room={null}>
      <div class="empty">
        <h1>You belong to no project</h1>
        <p class="soft">
          A project holds monitors, the channels that tell of them, and the people who look after them.
        </p>
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
        <span class="visually-hidden">Order</span>
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

const SILENCES = {
  none: { lacks: 'This project has no channel', path: '/new', help: 'Add a channel' },
  off: { lacks: 'This project has no channel that is switched on', path: '', help: 'Switch one on' },
  unheard: { lacks: 'No channel of this project reaches anybody, without a mail server', path: '', help: 'See why' },
}

function NobodyIsTold({ project, channels }: { project: OwnProject; channels: keyof typeof SILENCES }) {
  const { lacks, path, help } = SILENCES[channels]
  return (
    <p class="banner">
      <Icon name="alert" />
      <span>
        {lacks}: when a monitor goes down, nobody is told.{' '}
        {may(project.role, 'operate') && <a href={url(`/projects/${project.id}/channels${path}`)}>{help}</a>}
      </span>
    </p>
  )
}

function FirstMonitor({ project, channels }: Pick<DashboardProps, 'project' | 'channels'>) {
  if (!may(project.role, 'operate')) {
    return (
      <div class="empty" data-first-monitor="">
        <h2>No monitor yet</h2>
        <p class="soft">As soon as somebody makes one, it stands here.</p>
      </div>
    )
  }
  return (
    <div class="empty" data-first-monitor="">
      <h2>Watch your first job</h2>
      <ol class="steps">
        {channels !== 'on' && (
          <li>
            <h3>Say whom to tell</h3>
            <p class="soft">
              <a href={url(`/projects/${project.id}/channels`)}>Add a channel</a> and send a test through it.
            </p>
          </li>
        )}
        <li>
          <h3>Create a monitor</h3>
          <p class="soft">Say what the job is called and how often it runs.</p>
        </li>
        <li>
          <h3>Copy its ping URL</h3>
          <p class="soft">It stands on the monitor's page, with a line for your crontab.</p>
        </li>
        <li>
          <h3>Run the job once</h3>
          <p class="soft">Or call the URL by hand, with curl.</p>
        </li>
        <li>
          <h3>See it turn green</h3>
          <p class="soft">The page shows it at once. From then on you are told when the job stays away.</p>
        </li>
      </ol>
      <a class="button button-primary" href={url(`/projects/${project.id}/monitors/new`)} data-shortcut="n">
        <Icon name="plus" /> New monitor
      </a>
    </div>
  )
}
