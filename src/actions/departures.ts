// Handles a project's keys when a member leaves: keys that the member created are revoked unless someone keeps them.
import { type Member, PROJECT_PING_KEY_LENGTH } from '#domain/project.ts'
import { newLowerCaseToken } from '#lib/tokens.ts'
import type { Reader, Tx } from '#store/database.ts'
import { type ApiKeyRecord, deleteApiKeysBy, listApiKeys, saveProjectPingKey } from '#store/projects.ts'

/** The choice about the keys. Keys created after the choice are revoked, too. */
export interface KeyChoice {
  keptKeyIds: readonly string[]
  replacesPingKey: boolean
}

export const REVOKE_ALL: KeyChoice = { keptKeyIds: [], replacesPingKey: false }

export function revokeKeysOf(
  tx: Tx,
  { projectId, userId, keys }: { projectId: string; userId: string; keys: KeyChoice },
): void {
  deleteApiKeysBy(tx, { projectId, userId, keptIds: keys.keptKeyIds })
  if (keys.replacesPingKey) {
    saveProjectPingKey(tx, { projectId, pingKey: newLowerCaseToken(PROJECT_PING_KEY_LENGTH) })
  }
}

/** The API keys of this project that a member created, newest first. */
export function keysCreatedBy(
  reader: Reader,
  { projectId, userId }: { projectId: string } & Pick<Member, 'userId'>,
): ApiKeyRecord[] {
  return listApiKeys(reader, projectId).filter(({ createdBy }) => createdBy === userId)
}
