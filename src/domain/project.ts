import { DAY } from '#lib/duration.ts'
import { limitedLine } from './text.ts'

export const ROLES = ['owner', 'admin', 'member', 'viewer'] as const
export type Role = (typeof ROLES)[number]

/** What each role may do in a project. Every page and form names one of these lines. */
const PERMISSIONS = {
  /** See monitors, pings, incidents, channels without their secrets, and who is a member. Not the ping URLs. */
  look: ['owner', 'admin', 'member', 'viewer'],
  /** Make, change, pause, ping and delete monitors and channels; acknowledge incidents; send messages again. */
  operate: ['owner', 'admin', 'member'],
  /** Rename the project; its keys; who is a member, up to the role of admin. */
  administer: ['owner', 'admin'],
  /** Delete the project; make and unmake owners. */
  own: ['owner'],
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof PERMISSIONS

export function may(role: Role, permission: Permission): boolean {
  return (PERMISSIONS[permission] as readonly Role[]).includes(role)
}

export interface Project {
  id: string
  name: string
  /** The secret of the project for ping URLs by slug. */
  pingKey: string
}

/** A project as one of its members has it. */
export interface OwnProject extends Project {
  role: Role
}

export interface Member {
  userId: string
  email: string
  name: string
  role: Role
  since: number
}

/** A role that can be invited to. Owners are made of members. */
export const INVITED_ROLES = ['admin', 'member', 'viewer'] as const
export type InvitedRole = (typeof INVITED_ROLES)[number]

export interface Invitation {
  id: string
  projectId: string
  role: InvitedRole
  /** Whom it was mailed to; null: only the link was made. Whoever has the link may use it. */
  email: string | null
  invitedBy: string | null
  createdAt: number
  expiresAt: number
}

export const INVITATION_MS = 7 * DAY
export const INVITATIONS_MAX = 100

/** Letters a-z and digits. */
export const PROJECT_PING_KEY_LENGTH = 22

export const API_KEY_ACCESS = ['read-write', 'read-only'] as const
export type ApiKeyAccess = (typeof API_KEY_ACCESS)[number]

/** The length that Healthchecks clients check before they use a key. */
export const API_KEY_LENGTH = 32
export const API_KEY_NAME_MAX = 100
export const API_KEYS_MAX = 100

export const API_KEY_PREFIXES: Record<ApiKeyAccess, string> = { 'read-write': 'cgw_', 'read-only': 'cgr_' }

export const PROJECT_NAME_MAX = 100
export const PROJECTS_MAX = 100

export const ProjectName = limitedLine('A name has', PROJECT_NAME_MAX).refine(
  (name) => name !== '',
  'A project needs a name.',
)

export const ApiKeyName = limitedLine('A name has', API_KEY_NAME_MAX)

/**
 * Whether a member with the role `actor` may turn a member of role `from` into `to`, or out (`null`). An admin rules
 * over everybody but owners; who is an owner is decided by owners.
 */
export function mayChangeMember(actor: Role, { from, to }: { from: Role; to: Role | null }): boolean {
  if (from === 'owner' || to === 'owner') return may(actor, 'own')
  return may(actor, 'administer')
}

/** Whether a project would be left without anybody who may do everything. */
export function wouldLoseOwner(members: Pick<Member, 'userId' | 'role'>[], userId: string): boolean {
  return members.every((member) => member.userId === userId || member.role !== 'owner')
}
