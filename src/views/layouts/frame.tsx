import { displayName, type User } from '#domain/account.ts'
import { may, type OwnProject } from '#domain/project.ts'
import type { Child } from '#jsx/jsx-runtime'
import { url } from '#lib/base-path.ts'
import { HelpLink } from '#views/components/help.tsx'
import { Icon, type IconName, Logo } from '#views/components/icon.tsx'
import { Notice } from '#views/components/notice.tsx'
import { StatusShapes } from '#views/components/status.tsx'
import { Warnings } from '#views/components/warnings.tsx'
import type { HelpTopic } from '#views/help.ts'
import type { Warning } from '#words/warnings.ts'
import { Document } from './document.tsx'

/** What the frame of a page needs to know. */
export interface FrameContext {
  user: User
  /** All projects of the user. */
  projects: OwnProject[]
  /** The project of the page, or the last one the user viewed; null if the user has none. */
  project: OwnProject | null
  notice: string | null
  /** Warnings about CronGuard itself, shown on each page. */
  warnings: Warning[]
  now: number
  /** The version of the data on the page. Its stream sends later changes. */
  version: number
}

export type NavSection = 'monitors' | 'incidents' | 'channels' | 'project' | 'docs' | 'settings' | 'instance'

interface FrameProps {
  context: FrameContext
  title: string
  /** The entry of the navigation that is marked as current. */
  room: NavSection | null
  /** Where its help leads; by default to what explains the whole room. */
  help?: HelpTopic
  children?: Child
}

/** The frame of each page for signed-in users. */
export function Frame({ context, title, room, help = room ?? 'start', children }: FrameProps) {
  const { user, project, notice } = context
  return (
    <Document title={`${title} · CronGuard`} theme={user.theme}>
      <header class="bar">
        <a class="brand" href={url('/')} aria-label="CronGuard">
          <Logo />
        </a>
        <Switcher context={context} />
        {project && <Navigation project={project} room={room} />}
        <UserMenu context={context} room={room} help={help} />
      </header>
      <p id="away" class="away" role="alert" hidden>
        <Icon name="alert" />
        <span data-away="unreachable">
          CronGuard can't be reached. This page shows the state as of <b data-away-since="" />.
        </span>
        <span data-away="signed-out">
          You are signed out.{' '}
          <a href={url('/login')} target="_blank" rel="noopener">
            Sign in again in a new tab
          </a>{' '}
          before you save your changes here.
        </span>
        <span data-away="gone">
          This project was deleted, or you no longer have access. You can't save this form. Copy anything you want to
          keep.
        </span>
      </p>
      {project && <LiveStream project={project} context={context} />}
      <main id="main" class="page" tabindex="-1">
        <Warnings warnings={context.warnings} />
        <Notice text={notice} />
        {children}
      </main>
      <StatusShapes />
      <p id="announcer" class="visually-hidden" role="status" aria-live="polite" />
    </Document>
  )
}

function Switcher({ context: { projects, project } }: { context: FrameContext }) {
  return (
    <details class="menu switcher">
      <summary class="quiet-link">
        <span class="visually-hidden">Project: </span>
        <span class="switcher-name" dir="auto">
          {project?.name ?? 'No project'}
        </span>
        <Icon name="down" />
      </summary>
      <div class="menu-sheet">
        <ul>
          {projects.map(({ id, name }) => (
            <li>
              <a href={url(`/projects/${id}`)} aria-current={id === project?.id ? 'true' : undefined} dir="auto">
                {name}
              </a>
            </li>
          ))}
        </ul>
        <a class="menu-more" href={url('/projects/new')}>
          <Icon name="plus" /> New project
        </a>
      </div>
    </details>
  )
}

function Navigation({ project, room }: { project: OwnProject; room: NavSection | null }) {
  const entries: [NavSection, IconName, string, string][] = [
    ['monitors', 'list', 'Monitors', url(`/projects/${project.id}`)],
    ['incidents', 'clock', 'Incidents', url(`/projects/${project.id}/incidents`)],
    ['channels', 'bell', 'Channels', url(`/projects/${project.id}/channels`)],
    [
      'project',
      'sliders',
      may(project.role, 'administer') ? 'Project' : 'Members',
      url(`/projects/${project.id}/settings`),
    ],
  ]
  return (
    <nav class="nav" aria-label="Project">
      {entries.map(([name, icon, label, href]) => (
        <a class="quiet-link" href={href} aria-current={name === room ? 'page' : undefined}>
          <Icon name={icon} /> {label}
        </a>
      ))}
    </nav>
  )
}

interface UserMenuProps extends Pick<FrameProps, 'context' | 'room'> {
  help: HelpTopic
}

function UserMenu({ context: { user }, room, help }: UserMenuProps) {
  return (
    <div class="bar-end">
      <HelpLink topic={help} />
      <details class="menu menu-end">
        <summary class="quiet-link">
          <Icon name="person" />
          <span class="visually-hidden">Your account</span>
        </summary>
        <div class="menu-sheet">
          <p class="menu-who" dir="auto">
            {displayName(user)}
          </p>
          <a href={url('/settings')} aria-current={room === 'settings' ? 'page' : undefined}>
            Settings
          </a>
          {user.isAdmin && (
            <a href={url('/instance')} aria-current={room === 'instance' ? 'page' : undefined}>
              Server
            </a>
          )}
          <ThemeSwitch theme={user.theme} />
          <form method="post" action={url('/logout')}>
            <button type="submit" class="menu-button">
              Sign out
            </button>
          </form>
        </div>
      </details>
    </div>
  )
}

function ThemeSwitch({ theme }: { theme: User['theme'] }) {
  const themes: [User['theme'], string][] = [
    ['system', 'Match system'],
    ['light', 'Light'],
    ['dark', 'Dark'],
  ]
  return (
    <form method="post" action={url('/settings/theme')} class="theme-switch">
      <fieldset>
        <legend>Theme</legend>
        {themes.map(([name, label]) => (
          <button type="submit" name="theme" value={name} aria-pressed={name === theme ? 'true' : 'false'}>
            {label}
          </button>
        ))}
      </fieldset>
    </form>
  )
}

// The event stream of a tab. assets/live.js renders its messages, and polls the counts if the stream is blocked.
function LiveStream({ project, context: { user, now, version } }: { project: OwnProject; context: FrameContext }) {
  const path = url(`/projects/${project.id}`)
  return (
    <div
      id="live"
      hidden
      data-now={now}
      data-zone={user.timeZone}
      data-counts={`${path}/counts`}
      {...{ 'hx-sse:connect': `${path}/events?version=${version}&drawn=${now}` }}
    />
  )
}
