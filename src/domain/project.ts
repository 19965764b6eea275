import { z } from 'zod'
import { DAY } from '#lib/duration.ts'
import { limitedLine } from './text.ts'

export const ROLES = ['owner', 'admin', 'member', 'viewer'] as const
export type Role = (typeof ROLES)[number]

/** The roles that have each permission. Every route of a project requires one of them. */
const PERMISSIONS = {
  /** View monitors, pings, incidents, members, and channels without secrets. Ping URLs stay hidden. */
  look: ['owner', 'admin', 'member', 'viewer'],
  /** Create, edit, pause, ping and delete monitors and channels; acknowledge incidents; resend notifications. */
  operate: ['owner', 'admin', 'member'],
  /** Rename the project, manage its keys, and manage members up to the role admin. */
  administer: ['owner', 'admin'],
  /** Delete the project, add and remove owners. */
  own: ['owner'],
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof PERMISSIONS

export function may(role: Role, permission: Permission): boolean {
  return (PERMISSIONS[permission] as readonly Role[]).includes(role)
}

export interface Project {
  id: string
  name: string
  /** The secret in ping URLs with a slug. */
  pingKey: string
}

/** A project with the role that a user has in it. */
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

/** Roles that an invitation can grant. To add an owner, change a member's role. */
export const INVITED_ROLES = ['admin', 'member', 'viewer'] as const
export type InvitedRole = (typeof INVITED_ROLES)[number]

export interface Invitation {
  id: string
  projectId: string
  role: InvitedRole
  /** The recipient; null for a link that wasn't emailed. Anyone with the link can use it. */
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

export const ProjectName = limitedLine(PROJECT_NAME_MAX).refine((name) => name !== '', 'no_project_name')

export const HIDDEN_WORDS_MAX = 50
export const HIDDEN_WORD_MIN = 3
export const HIDDEN_WORD_MAX = 100

/** Words that messages and viewers don't see, one a line. A shorter one would hide parts of many other words. */
export const HiddenWords = z
  .string()
  .transform((text) => [...new Set(text.split('\n').map((line) => line.trim()))].filter((word) => word !== ''))
  .refine((words) => words.length <= HIDDEN_WORDS_MAX, 'too_many_words')
  .refine((words) => words.every((word) => [...word].length >= HIDDEN_WORD_MIN), 'short_word')
  .refine((words) => words.every((word) => [...word].length <= HIDDEN_WORD_MAX), 'long_word')
  .refine((words) => words.every((word) => !/\p{Cc}/u.test(word)), 'control')
  .transform((words) => words.join('\n'))

export const ApiKeyName = limitedLine(API_KEY_NAME_MAX)

/**
 * Whether `actor` may change a member's role from `from` to `to`, or remove the member (`to` null). Admins manage all
 * members except owners. Only owners add and remove owners.
 */
export function mayChangeMember(actor: Role, { from, to }: { from: Role; to: Role | null }): boolean {
  if (from === 'owner' || to === 'owner') return may(actor, 'own')
  return may(actor, 'administer')
}

/** Whether the project would have no owner without this user. */
export function wouldLoseOwner(members: Pick<Member, 'userId' | 'role'>[], userId: string): boolean {
  return members.every((member) => member.userId === userId || member.role !== 'owner')
}
