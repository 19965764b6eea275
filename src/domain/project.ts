export const ROLES = ['owner', 'admin', 'member', 'viewer'] as const
export type Role = (typeof ROLES)[number]

export interface Project {
  id: string
  name: string
  /** The secret of the project for ping URLs by slug. */
  pingKey: string
}

/** Letters a-z and digits. */
export const PROJECT_PING_KEY_LENGTH = 22

export const API_KEY_ACCESS = ['read-write', 'read-only'] as const
export type ApiKeyAccess = (typeof API_KEY_ACCESS)[number]

/** The length that Healthchecks clients check before they use a key. */
export const API_KEY_LENGTH = 32

export const API_KEY_PREFIXES: Record<ApiKeyAccess, string> = { 'read-write': 'cgw_', 'read-only': 'cgr_' }
