// Manages the members of a project and invitations.

import { type Deps, secretOf } from '#deps.ts'
import { Email, type User } from '#domain/account.ts'
import {
  INVITATION_MS,
  INVITATIONS_MAX,
  type Invitation,
  type InvitedRole,
  may,
  mayChangeMember,
  type Role,
  wouldLoseOwner,
} from '#domain/project.ts'
import { AppError } from '#lib/errors.ts'
import { hmacSha256Hex, isSameText, newUuid } from '#lib/tokens.ts'
import { findUser } from '#store/accounts.ts'
import type { Tx } from '#store/database.ts'
import * as store from '#store/projects.ts'
import { invitationMail } from '#words/account-mail.ts'
import { type KeyChoice, REVOKE_ALL, revokeKeysOf } from './departures.ts'
import { readOnlyField } from './fields.ts'
import { hasMailServer } from './mail-server.ts'
import { mail } from './mailed-links.ts'

/** The user who acts, and the project. The role is read in the transaction of the change, because it may change. */
export interface Actor {
  projectId: string
  userId: string
}

/**
 * Creates an invitation, and emails its link if there is an address and a mail server. Returns whether it was emailed;
 * the link can be copied in any case. Throws forbidden, conflict, and invalid with the wrong field.
 */
export async function invite(deps: Deps, input: { actor: Actor; email: string; role: InvitedRole }) {
  const { actor, role } = input
  const email = input.email.trim() === '' ? null : readOnlyField('email', Email.safeParse(input.email))
  const invitation = deps.db.write((tx) => {
    if (!may(roleOf(tx, actor), 'administer')) throw notAllowed()
    store.deleteExpiredInvitations(tx, actor.projectId)
    if (store.listInvitations(tx, actor.projectId).length >= INVITATIONS_MAX) throw tooManyInvitations()
    const made: Invitation = {
      id: newUuid(),
      projectId: actor.projectId,
      role,
      email,
      invitedBy: actor.userId,
      createdAt: tx.now,
      expiresAt: tx.now + INVITATION_MS,
    }
    store.insertInvitation(tx, made)
    return made
  })
  return { invitation, isMailed: await mailInvitation(deps, invitation) }
}

/** The secret part of an invitation's link. It is not stored, because it can be derived from the secret key. */
export function invitationToken({ config }: Pick<Deps, 'config'>, { id }: Pick<Invitation, 'id'>): string {
  const signature = hmacSha256Hex(secretOf(config), `invitation:${id}`).slice(0, 32)
  return `${id.replaceAll('-', '')}${signature}`
}

export function invitationUrl(deps: Pick<Deps, 'config'>, invitation: Pick<Invitation, 'id'>): string {
  return `${deps.config.baseUrl}/invitations/${invitationToken(deps, invitation)}`
}

/** An extra parameter of the emailed link. It proves that the user received the email, which verifies the address. */
export function invitationProof({ config }: Pick<Deps, 'config'>, { id }: Pick<Invitation, 'id'>): string {
  return hmacSha256Hex(secretOf(config), `invitation-mail:${id}`).slice(0, 32)
}

/** The invitation of a link. Throws not_found when it was used or revoked, or has expired. */
export function invitationOf(deps: Deps, token: string): Invitation {
  const [, a, b, c, d, e] =
    /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})[0-9a-f]{32}$/.exec(token) ?? []
  const id = [a, b, c, d, e].join('-')
  if (!isSameText(token, invitationToken(deps, { id }))) throw staleInvitation()
  return openInvitation(deps, id)
}

/** Throws not_found when the invitation was used or revoked, or has expired. */
export function openInvitation(deps: Deps, id: string): Invitation {
  const invitation = store.findInvitation(deps.db, id)
  if (invitation === null || invitation.expiresAt <= deps.clock.now()) throw staleInvitation()
  return invitation
}

/** Makes the user a member and uses up the invitation. Throws conflict when the user is already a member. */
export function acceptInvitation(
  tx: Tx,
  { invitationId, userId }: { invitationId: string; userId: string },
): Invitation {
  const invitation = store.findInvitation(tx, invitationId)
  if (invitation === null) throw new AppError('not_found', 'This invitation has been used or revoked.')
  const { projectId, role } = invitation
  // A member who tries the link must not use up the invitation.
  if (store.findOwnProject(tx, { projectId, userId }) !== null) {
    throw new AppError('conflict', 'You are already a member of this project. Others can still use the invitation.')
  }
  store.insertMembership(tx, { projectId, userId, role })
  store.deleteInvitation(tx, invitationId)
  return invitation
}

export function joinProject(deps: Deps, { token, user }: { token: string; user: User }): Invitation {
  const { id } = invitationOf(deps, token)
  return deps.db.write((tx) => acceptInvitation(tx, { invitationId: id, userId: user.id }))
}

/** Throws not_found when the invitation belongs to another project. */
export function revokeInvitation(deps: Deps, { projectId, id }: { projectId: string; id: string }): void {
  deps.db.write((tx) => {
    if (store.findInvitation(tx, id)?.projectId !== projectId) throw new AppError('not_found', 'Invitation not found.')
    store.deleteInvitation(tx, id)
  })
}

/** Throws forbidden when the actor's role does not allow it, and conflict when no owner would be left. */
export function changeRole(deps: Deps, { actor, userId, role }: { actor: Actor; userId: string; role: Role }): void {
  deps.db.write((tx) => {
    requireChange(tx, { actor, userId, to: role })
    store.saveRole(tx, { projectId: actor.projectId, userId, role })
    if (!may(role, 'administer')) store.deleteInvitationsBy(tx, { projectId: actor.projectId, userId })
  })
}

/**
 * Removes a member, or lets them leave. The API keys that the member created are revoked, except the kept ones. Throws
 * as `changeRole` does.
 */
export function removeMember(
  deps: Deps,
  { actor, userId, keys = REVOKE_ALL }: { actor: Actor; userId: string; keys?: KeyChoice },
): void {
  const { projectId } = actor
  deps.db.write((tx) => {
    requireChange(tx, { actor, userId, to: null })
    if (keys.replacesPingKey && !may(roleOf(tx, actor), 'administer')) throw notAllowed()
    revokeKeysOf(tx, { projectId, userId, keys })
    store.deleteMembership(tx, { projectId, userId })
    // The member's own invitations are deleted, so that they cannot use one to come back.
    store.deleteInvitationsBy(tx, { projectId, userId })
  })
}

function requireChange(tx: Tx, { actor, userId, to }: { actor: Actor; userId: string; to: Role | null }): void {
  const members = store.listMembers(tx, actor.projectId)
  const member = members.find((candidate) => candidate.userId === userId)
  if (!member) throw new AppError('not_found', 'Member not found.')
  const isLeaving = actor.userId === userId && to === null
  if (!isLeaving && !mayChangeMember(roleOf(tx, actor), { from: member.role, to })) throw notAllowed()
  if (to !== 'owner' && wouldLoseOwner(members, userId)) {
    throw new AppError('conflict', 'A project needs an owner. Make another member an owner first.')
  }
}

function roleOf(tx: Tx, actor: Actor): Role {
  const project = store.findOwnProject(tx, actor)
  if (project === null) throw notAllowed()
  return project.role
}

async function mailInvitation(deps: Deps, invitation: Invitation): Promise<boolean> {
  if (invitation.email === null || !hasMailServer(deps)) return false
  const inviter = invitation.invitedBy === null ? null : findUser(deps.db, invitation.invitedBy)
  return await mail(
    deps,
    invitationMail({
      to: invitation.email,
      url: `${invitationUrl(deps, invitation)}?proof=${invitationProof(deps, invitation)}`,
      project: store.findProject(deps.db, invitation.projectId)?.name ?? '',
      inviter,
      role: invitation.role,
    }),
  )
}

function staleInvitation(): AppError {
  return new AppError('not_found', 'This invitation is no longer valid. Ask for a new one.')
}

function notAllowed(): AppError {
  return new AppError('forbidden', 'Your role does not allow this change.')
}

function tooManyInvitations(): AppError {
  return new AppError('conflict', 'There are too many open invitations. Revoke some first.')
}
