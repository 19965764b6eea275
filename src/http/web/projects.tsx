// A project's name, members and keys.

import { type KeyChoice, keysCreatedBy } from '#actions/departures.ts'
import { hasMailServer } from '#actions/mail-server.ts'
import { mustVerify, requireProvenAddress } from '#actions/mailed-links.ts'
import { changeRole, invitationUrl, invite, removeMember, revokeInvitation } from '#actions/members.ts'
import {
  createApiKey,
  createProject,
  deleteProject,
  renameProject,
  replacePingKey,
  revokeApiKey,
  setHiddenWords,
} from '#actions/projects.ts'
import { API_KEY_ACCESS, INVITED_ROLES, may, type Permission, ROLES, wouldLoseOwner } from '#domain/project.ts'
import { EVERY_TAG, tagBadgeUrl } from '#http/badges/address.ts'
import { listTagBadges } from '#http/badges/list.ts'
import { type Form, orRerender, problemOf, returnedForm } from '#http/forms.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { inProject, type ProjectRequest, type SignedInRequest, signedIn, type WebDeps } from '#http/guards.ts'
import { createLimit, type Limit } from '#http/limits.ts'
import { page, redirect } from '#http/respond.tsx'
import { cookieRoutes } from '#http/routes.ts'
import { type Address, url } from '#lib/base-path.ts'
import { HOUR } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { newUuid } from '#lib/tokens.ts'
import { listMonitors } from '#store/monitors.ts'
import { findHiddenWords, listApiKeys, listInvitations, listMembers } from '#store/projects.ts'
import { type FormState, freshForm } from '#views/components/field.tsx'
import type { Returned } from '#views/components/section.tsx'
import type { ShownBadge } from '#views/pages/project-badges.tsx'
import { DeleteProjectPage, NewProjectPage } from '#views/pages/project-forms.tsx'
import { NewApiKeyPage } from '#views/pages/project-keys.tsx'
import { type Administration, type ProjectForm, ProjectSettingsPage } from '#views/pages/project-settings.tsx'

type ProjectAnswer = (context: ProjectRequest) => Response | Promise<Response>

export function projectRoutes(web: WebDeps) {
  const mails = createLimit({ tries: 30, withinMs: HOUR })
  const look = inProject(web, 'look', (context) => show(web, { context, returned: null }))
  // After an error the browser shows the form's URL, and the user may reload it.
  const back = inProject(web, 'look', (context) => redirect(settingsOf(context)))
  const form = (permission: Permission, answer: ProjectAnswer) =>
    [inProject(web, permission, answer), { parse: 'none' }] as const
  return (
    cookieRoutes(web.deps, 'web/projects')
      .get(
        '/projects/new',
        signedIn(web, (context) => showNew(context, freshForm())),
      )
      .get(
        '/projects',
        signedIn(web, () => redirect(url('/projects/new'))),
      )
      .post(
        '/projects',
        signedIn(web, (context) => create(web, context)),
        { parse: 'none' },
      )
      .get('/projects/:project/settings', look)
      .post('/projects/:project', ...form('administer', (context) => rename(web, context)))
      .get('/projects/:project/hidden-words', back)
      .post('/projects/:project/hidden-words', ...form('administer', (context) => hideWords(web, context)))
      .post('/projects/:project/ping-key', ...form('administer', (context) => replaceKey(web, context)))
      .get('/projects/:project/api-keys', back)
      .post('/projects/:project/api-keys', ...form('administer', (context) => handleCreateApiKey(web, context)))
      .post(
        '/projects/:project/api-keys/:key/revoke',
        ...form('administer', (context) => handleRevokeApiKey(web, context)),
      )
      .get('/projects/:project/invitations', back)
      .post('/projects/:project/invitations', ...form('administer', (context) => handleInvite(web, { context, mails })))
      .post(
        '/projects/:project/invitations/:invitation/revoke',
        ...form('administer', (context) => handleRevokeInvitation(web, context)),
      )
      .get('/projects/:project/members/:user', back)
      .post('/projects/:project/members/:user', ...form('administer', (context) => saveRole(web, context)))
      .get('/projects/:project/members/:user/remove', back)
      // Any member may leave. The action checks which other members a role may remove.
      .post('/projects/:project/members/:user/remove', ...form('look', (context) => handleRemoveMember(web, context)))
      .get(
        '/projects/:project/delete',
        inProject(web, 'own', (context) => showDelete(web, { context, form: freshForm() })),
      )
      .post('/projects/:project/delete', ...form('own', (context) => remove(web, context)))
  )
}

function settingsOf({ project }: ProjectRequest): Address {
  return url(`/projects/${project.id}/settings`)
}

function showNew(context: SignedInRequest, form: FormState, problem: string | null = null, status = 200): Response {
  return page(<NewProjectPage context={frameOf(context)} form={form} problem={problem} />, status)
}

async function create({ deps }: WebDeps, context: SignedInRequest): Promise<Response> {
  const { form } = context
  return await orRerender(
    deps,
    () => {
      const id = createProject(deps, { name: form.text('name'), ownerId: context.user.id })
      return redirect(url(`/projects/${id}`), 'project-created')
    },
    (error) => showNew(context, { values: form.values, problems: error.fields }, problemOf(error), 422),
  )
}

interface Showing {
  context: ProjectRequest
  returned: Returned<ProjectForm> | null
}

function show(web: WebDeps, { context, returned }: Showing): Response {
  const { project, user } = context
  const members = listMembers(web.deps.db, project.id)
  const isAdmin = may(project.role, 'administer')
  const apiKeys = listApiKeys(web.deps.db, project.id).filter((key) => isAdmin || key.createdBy === user.id)
  return page(
    <ProjectSettingsPage
      context={frameOf(context)}
      project={project}
      reading={readingOf(context)}
      membership={{ members, userId: user.id, isOnlyOwner: wouldLoseOwner(members, user.id), apiKeys }}
      badges={may(project.role, 'operate') ? badgesOf(web, context) : null}
      administration={isAdmin ? administrationOf(web, context) : null}
      returned={returned}
    />,
    returned === null ? 200 : 422,
  )
}

function badgesOf({ deps }: WebDeps, { project }: ProjectRequest): ShownBadge[] {
  return listTagBadges(deps, project.id).map((badge) => ({
    tag: badge.tag === EVERY_TAG ? null : badge.tag,
    url: tagBadgeUrl(deps, { ...badge, form: 'svg', states: 3 }),
  }))
}

function administrationOf({ deps }: WebDeps, { project, user, now }: ProjectRequest): Administration {
  return {
    baseUrl: deps.config.baseUrl,
    hiddenWords: findHiddenWords(deps.db, project.id),
    apiKeys: listApiKeys(deps.db, project.id),
    newKeyId: newUuid(),
    invitations: listInvitations(deps.db, project.id)
      .filter(({ expiresAt }) => expiresAt > now)
      .map((invitation) => ({ ...invitation, url: invitationUrl(deps, invitation) })),
    hasMailServer: hasMailServer(deps),
    mustVerify: mustVerify(deps, user),
  }
}

interface Sent {
  context: ProjectRequest
  section: ProjectForm
  form: Form
}

function orRerenderSection(
  web: WebDeps,
  { context, section, form }: Sent,
  work: () => Response | Promise<Response>,
): Promise<Response> {
  return orRerender(web.deps, work, (error) => show(web, { context, returned: returnedForm(error, { section, form }) }))
}

async function rename(web: WebDeps, context: ProjectRequest): Promise<Response> {
  const { form } = context
  return await orRerenderSection(web, { context, section: 'name', form }, () => {
    renameProject(web.deps, { projectId: context.project.id, name: form.text('name') })
    return redirect(settingsOf(context), 'project-saved')
  })
}

async function hideWords(web: WebDeps, context: ProjectRequest): Promise<Response> {
  const { form } = context
  return await orRerenderSection(web, { context, section: 'hidden-words', form }, () => {
    setHiddenWords(web.deps, { projectId: context.project.id, words: form.text('words') })
    return redirect(settingsOf(context), 'words-saved')
  })
}

function replaceKey({ deps }: WebDeps, context: ProjectRequest): Response {
  replacePingKey(deps, context.project.id)
  return redirect(settingsOf(context), 'ping-key-replaced')
}

// The response to the form is the page with the key, because the key is shown only once.
async function handleCreateApiKey(web: WebDeps, context: ProjectRequest): Promise<Response> {
  const { deps } = web
  const { project, form, user } = context
  requireProvenAddress(deps, user)
  return await orRerenderSection(web, { context, section: 'api-keys', form }, () => {
    const access = oneOf(API_KEY_ACCESS, form.text('access'))
    const key = { access, createdBy: user.id, name: form.text('keyName'), ...sentId(form) }
    const apiKey = createApiKey(deps, { projectId: project.id, ...key })
    const { baseUrl } = deps.config
    return page(<NewApiKeyPage context={frameOf(context)} project={project} apiKey={apiKey} baseUrl={baseUrl} />)
  })
}

// Reloading the page that shows the key submits the form again. The ID prevents a second key.
function sentId(form: Form): { id?: string } {
  const id = form.text('keyId')
  return UUID.test(id) ? { id } : {}
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function handleRevokeApiKey({ deps }: WebDeps, context: ProjectRequest): Response {
  revokeApiKey(deps, { id: context.params.key ?? '', projectId: context.project.id })
  return redirect(settingsOf(context), 'api-key-revoked')
}

async function handleInvite(
  web: WebDeps,
  { context, mails }: { context: ProjectRequest; mails: Limit },
): Promise<Response> {
  const { project, form, user } = context
  const email = form.text('email').trim()
  if (email !== '') requireProvenAddress(web.deps, user)
  return await orRerenderSection(web, { context, section: 'invitations', form }, async () => {
    if (email !== '') await mails.take(user.id)
    if (email !== '') await web.messageLimits.destinations.take(email)
    const { isMailed } = await invite(web.deps, {
      actor: { projectId: project.id, userId: user.id },
      email,
      role: oneOf(INVITED_ROLES, form.text('role')),
    })
    const notice = isMailed ? 'invitation-mailed' : email === '' ? 'invitation-made' : 'invitation-not-mailed'
    return redirect(settingsOf(context), notice)
  })
}

function handleRevokeInvitation({ deps }: WebDeps, context: ProjectRequest): Response {
  revokeInvitation(deps, { projectId: context.project.id, id: context.params.invitation ?? '' })
  return redirect(settingsOf(context), 'invitation-revoked')
}

async function saveRole(web: WebDeps, context: ProjectRequest): Promise<Response> {
  const { project, params, user } = context
  const { form } = context
  const userId = params.user ?? ''
  return await orRerenderSection(web, { context, section: 'members', form }, () => {
    const role = oneOf(ROLES, form.text('role'))
    changeRole(web.deps, { actor: { projectId: project.id, userId: user.id }, userId, role })
    const hasKeys = keysCreatedBy(web.deps.db, { projectId: project.id, userId }).length > 0
    return redirect(settingsOf(context), hasKeys && !may(role, 'administer') ? 'role-lowered' : 'role-changed')
  })
}

async function handleRemoveMember(web: WebDeps, context: ProjectRequest): Promise<Response> {
  const { project, params, user } = context
  const { form } = context
  const userId = params.user ?? ''
  return await orRerenderSection(web, { context, section: 'members', form }, () => {
    const keys = keyChoiceIn(form, project.id)
    removeMember(web.deps, { actor: { projectId: project.id, userId: user.id }, userId, keys })
    return userId === user.id ? redirect(url('/'), 'project-left') : redirect(settingsOf(context), 'member-removed')
  })
}

/** The choice in a form of what happens to the API keys of a member who leaves. */
export function keyChoiceIn(form: Form, projectId: string): KeyChoice {
  const revoked = new Set(form.list(`revokedKey-${projectId}`))
  return {
    keptKeyIds: form.list(`shownKey-${projectId}`).filter((id) => !revoked.has(id)),
    replacesPingKey: form.isTicked(`newPingKey-${projectId}`),
  }
}

function showDelete({ deps }: WebDeps, { context, form }: { context: ProjectRequest; form: FormState }): Response {
  const { project } = context
  const isAgain = Object.keys(form.problems).length > 0
  return page(
    <DeleteProjectPage
      context={frameOf(context)}
      project={project}
      monitorCount={listMonitors(deps.db, project.id).length}
      memberCount={listMembers(deps.db, project.id).length}
      form={form}
    />,
    isAgain ? 422 : 200,
  )
}

async function remove(web: WebDeps, context: ProjectRequest): Promise<Response> {
  const { form } = context
  return await orRerender(
    web.deps,
    () => {
      deleteProject(web.deps, { projectId: context.project.id, confirmation: form.text('confirmation') })
      return redirect(url('/'), 'project-deleted')
    },
    ({ fields }) => showDelete(web, { context, form: { values: form.values, problems: fields } }),
  )
}

// Only a manipulated form contains another value.
function oneOf<T extends string>(choices: readonly T[], asked: string): T {
  const found = choices.find((choice) => choice === asked)
  if (found === undefined) throw new AppError('invalid', 'Choose an option from the list.')
  return found
}
