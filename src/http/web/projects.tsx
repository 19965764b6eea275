// A project as such: what it is called, who belongs to it, its keys.
import { Elysia } from 'elysia'
import { type KeyChoice, keysMadeBy } from '#actions/departures.ts'
import { mustVerify, requireProvenAddress } from '#actions/mailed-links.ts'
import { changeRole, invitationUrl, invite, removeMember, revokeInvitation } from '#actions/members.ts'
import {
  createApiKey,
  createProject,
  deleteProject,
  renameProject,
  replacePingKey,
  revokeApiKey,
} from '#actions/projects.ts'
import { API_KEY_ACCESS, INVITED_ROLES, may, type Permission, ROLES, wouldLoseOwner } from '#domain/project.ts'
import { EVERY_TAG, tagBadgeUrl } from '#http/badges/address.ts'
import { listTagBadges } from '#http/badges/list.ts'
import { type Form, orAgain, problemOf, returnedForm } from '#http/forms.ts'
import { frameOf, readingOf } from '#http/frame.ts'
import { type House, inProject, type ProjectVisit, type SignedInVisit, signedIn } from '#http/guards.ts'
import { createLimit, type Limit } from '#http/limits.ts'
import { page, redirect } from '#http/respond.tsx'
import { HOUR } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { newUuid } from '#lib/tokens.ts'
import { listMonitors } from '#store/monitors.ts'
import { listApiKeys, listInvitations, listMembers } from '#store/projects.ts'
import { type FormState, freshForm } from '#views/components/field.tsx'
import type { Returned } from '#views/components/section.tsx'
import type { ShownBadge } from '#views/pages/project-badges.tsx'
import { DeleteProjectPage, NewProjectPage } from '#views/pages/project-forms.tsx'
import { NewApiKeyPage } from '#views/pages/project-keys.tsx'
import { type Administration, type ProjectForm, ProjectSettingsPage } from '#views/pages/project-settings.tsx'

type ProjectAnswer = (visit: ProjectVisit) => Response | Promise<Response>

export function projectRoutes(house: House) {
  const mails = createLimit({ tries: 30, withinMs: HOUR })
  const look = inProject(house, 'look', (visit) => show(house, { visit, returned: null }))
  // A form that came back leaves its own address in the browser, and somebody may ask for that again.
  const back = inProject(house, 'look', (visit) => redirect(settingsOf(visit)))
  const form = (permission: Permission, answer: ProjectAnswer) =>
    [inProject(house, permission, answer), { parse: 'none' }] as const
  return (
    new Elysia({ name: 'web/projects' })
      .get(
        '/projects/new',
        signedIn(house, (visit) => showNew(visit, freshForm())),
      )
      .get(
        '/projects',
        signedIn(house, () => redirect('/projects/new')),
      )
      .post(
        '/projects',
        signedIn(house, (visit) => create(house, visit)),
        { parse: 'none' },
      )
      .get('/projects/:project/settings', look)
      .post('/projects/:project', ...form('administer', (visit) => rename(house, visit)))
      .post('/projects/:project/ping-key', ...form('administer', (visit) => replaceKey(house, visit)))
      .get('/projects/:project/api-keys', back)
      .post('/projects/:project/api-keys', ...form('administer', (visit) => makeApiKey(house, visit)))
      .post('/projects/:project/api-keys/:key/revoke', ...form('administer', (visit) => endApiKey(house, visit)))
      .get('/projects/:project/invitations', back)
      .post('/projects/:project/invitations', ...form('administer', (visit) => makeInvitation(house, { visit, mails })))
      .post(
        '/projects/:project/invitations/:invitation/revoke',
        ...form('administer', (visit) => takeBack(house, visit)),
      )
      .get('/projects/:project/members/:user', back)
      .post('/projects/:project/members/:user', ...form('administer', (visit) => saveRole(house, visit)))
      .get('/projects/:project/members/:user/remove', back)
      // Anybody may leave; whom else a role may take out is for the action to say.
      .post('/projects/:project/members/:user/remove', ...form('look', (visit) => takeOut(house, visit)))
      .get(
        '/projects/:project/delete',
        inProject(house, 'own', (visit) => showDelete(house, { visit, form: freshForm() })),
      )
      .post('/projects/:project/delete', ...form('own', (visit) => remove(house, visit)))
  )
}

function settingsOf({ project }: ProjectVisit): string {
  return `/projects/${project.id}/settings`
}

function showNew(visit: SignedInVisit, form: FormState, problem: string | null = null, status = 200): Response {
  return page(<NewProjectPage visit={frameOf(visit)} form={form} problem={problem} />, status)
}

async function create({ deps }: House, visit: SignedInVisit): Promise<Response> {
  const { form } = visit
  return await orAgain(
    () => {
      const id = createProject(deps, { name: form.text('name'), ownerId: visit.user.id })
      return redirect(`/projects/${id}`, 'project-created')
    },
    (error) => showNew(visit, { values: form.values, problems: error.fields }, problemOf(error), 422),
  )
}

interface Showing {
  visit: ProjectVisit
  returned: Returned<ProjectForm> | null
}

function show(house: House, { visit, returned }: Showing): Response {
  const { project, user } = visit
  const members = listMembers(house.deps.db, project.id)
  const isAdmin = may(project.role, 'administer')
  const apiKeys = listApiKeys(house.deps.db, project.id).filter((key) => isAdmin || key.createdBy === user.id)
  return page(
    <ProjectSettingsPage
      visit={frameOf(visit)}
      project={project}
      reading={readingOf(visit)}
      membership={{ members, userId: user.id, isOnlyOwner: wouldLoseOwner(members, user.id), apiKeys }}
      badges={may(project.role, 'operate') ? badgesOf(house, visit) : null}
      administration={isAdmin ? administrationOf(house, visit) : null}
      returned={returned}
    />,
    returned === null ? 200 : 422,
  )
}

function badgesOf({ deps }: House, { project }: ProjectVisit): ShownBadge[] {
  return listTagBadges(deps, project.id).map((badge) => ({
    tag: badge.tag === EVERY_TAG ? null : badge.tag,
    url: tagBadgeUrl(deps, { ...badge, form: 'svg', states: 3 }),
  }))
}

function administrationOf({ deps }: House, { project, user, now }: ProjectVisit): Administration {
  return {
    baseUrl: deps.config.baseUrl,
    apiKeys: listApiKeys(deps.db, project.id),
    newKeyId: newUuid(),
    invitations: listInvitations(deps.db, project.id)
      .filter(({ expiresAt }) => expiresAt > now)
      .map((invitation) => ({ ...invitation, url: invitationUrl(deps, invitation) })),
    hasMailServer: deps.config.smtp !== null,
    mustVerify: mustVerify(deps, user),
  }
}

interface Sent {
  visit: ProjectVisit
  section: ProjectForm
  form: Form
}

function orShowAgain(
  house: House,
  { visit, section, form }: Sent,
  work: () => Response | Promise<Response>,
): Promise<Response> {
  return orAgain(work, (error) => show(house, { visit, returned: returnedForm(error, { section, form }) }))
}

async function rename(house: House, visit: ProjectVisit): Promise<Response> {
  const { form } = visit
  return await orShowAgain(house, { visit, section: 'name', form }, () => {
    renameProject(house.deps, { projectId: visit.project.id, name: form.text('name') })
    return redirect(settingsOf(visit), 'project-saved')
  })
}

function replaceKey({ deps }: House, visit: ProjectVisit): Response {
  replacePingKey(deps, visit.project.id)
  return redirect(settingsOf(visit), 'ping-key-replaced')
}

// The answer to the form is the page with the key: there is no other moment, and no other address, to show it at.
async function makeApiKey(house: House, visit: ProjectVisit): Promise<Response> {
  const { deps } = house
  const { project, form, user } = visit
  requireProvenAddress(deps, user)
  return await orShowAgain(house, { visit, section: 'api-keys', form }, () => {
    const access = oneOf(API_KEY_ACCESS, form.text('access'))
    const key = { access, createdBy: user.id, name: form.text('keyName'), ...sentId(form) }
    const apiKey = createApiKey(deps, { projectId: project.id, ...key })
    const { baseUrl } = deps.config
    return page(<NewApiKeyPage visit={frameOf(visit)} project={project} apiKey={apiKey} baseUrl={baseUrl} />)
  })
}

// Reloading the page that shows the key sends the form again.
function sentId(form: Form): { id?: string } {
  const id = form.text('keyId')
  return UUID.test(id) ? { id } : {}
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function endApiKey({ deps }: House, visit: ProjectVisit): Response {
  revokeApiKey(deps, { id: visit.params.key ?? '', projectId: visit.project.id })
  return redirect(settingsOf(visit), 'api-key-revoked')
}

async function makeInvitation(
  house: House,
  { visit, mails }: { visit: ProjectVisit; mails: Limit },
): Promise<Response> {
  const { project, form, user } = visit
  const email = form.text('email').trim()
  if (email !== '') requireProvenAddress(house.deps, user)
  return await orShowAgain(house, { visit, section: 'invitations', form }, async () => {
    if (email !== '') await mails.take(user.id)
    if (email !== '') await house.messageLimits.destinations.take(email)
    const { isMailed } = await invite(house.deps, {
      actor: { projectId: project.id, userId: user.id },
      email,
      role: oneOf(INVITED_ROLES, form.text('role')),
    })
    const notice = isMailed ? 'invitation-mailed' : email === '' ? 'invitation-made' : 'invitation-not-mailed'
    return redirect(settingsOf(visit), notice)
  })
}

function takeBack({ deps }: House, visit: ProjectVisit): Response {
  revokeInvitation(deps, { projectId: visit.project.id, id: visit.params.invitation ?? '' })
  return redirect(settingsOf(visit), 'invitation-revoked')
}

async function saveRole(house: House, visit: ProjectVisit): Promise<Response> {
  const { project, params, user } = visit
  const { form } = visit
  const userId = params.user ?? ''
  return await orShowAgain(house, { visit, section: 'members', form }, () => {
    const role = oneOf(ROLES, form.text('role'))
    changeRole(house.deps, { actor: { projectId: project.id, userId: user.id }, userId, role })
    const hasKeys = keysMadeBy(house.deps.db, { projectId: project.id, userId }).length > 0
    return redirect(settingsOf(visit), hasKeys && !may(role, 'administer') ? 'role-lowered' : 'role-changed')
  })
}

async function takeOut(house: House, visit: ProjectVisit): Promise<Response> {
  const { project, params, user } = visit
  const { form } = visit
  const userId = params.user ?? ''
  return await orShowAgain(house, { visit, section: 'members', form }, () => {
    const keys = keyChoiceIn(form, project.id)
    removeMember(house.deps, { actor: { projectId: project.id, userId: user.id }, userId, keys })
    return userId === user.id ? redirect('/', 'project-left') : redirect(settingsOf(visit), 'member-removed')
  })
}

/** What a form says about the keys of somebody who leaves this project. */
export function keyChoiceIn(form: Form, projectId: string): KeyChoice {
  const revoked = new Set(form.list(`revokedKey-${projectId}`))
  return {
    keptKeyIds: form.list(`shownKey-${projectId}`).filter((id) => !revoked.has(id)),
    replacesPingKey: form.isTicked(`newPingKey-${projectId}`),
  }
}

function showDelete({ deps }: House, { visit, form }: { visit: ProjectVisit; form: FormState }): Response {
  const { project } = visit
  const isAgain = Object.keys(form.problems).length > 0
  return page(
    <DeleteProjectPage
      visit={frameOf(visit)}
      project={project}
      monitorCount={listMonitors(deps.db, project.id).length}
      memberCount={listMembers(deps.db, project.id).length}
      form={form}
    />,
    isAgain ? 422 : 200,
  )
}

async function remove(house: House, visit: ProjectVisit): Promise<Response> {
  const { form } = visit
  return await orAgain(
    () => {
      deleteProject(house.deps, { projectId: visit.project.id, confirmation: form.text('confirmation') })
      return redirect('/', 'project-deleted')
    },
    ({ fields }) => showDelete(house, { visit, form: { values: form.values, problems: fields } }),
  )
}

// Only a hand-made form names something else.
function oneOf<T extends string>(choices: readonly T[], asked: string): T {
  const found = choices.find((choice) => choice === asked)
  if (found === undefined) throw new AppError('invalid', 'There is no such choice.')
  return found
}
