// What becomes of a project's keys when somebody leaves: those that they made end unless somebody keeps them.
import { type Member, PROJECT_PING_KEY_LENGTH } from '#domain/project.ts'
import { newLowerCaseToken } from '#lib/tokens.ts'
import type { Reader, Tx } from '#store/database.ts'
import { type ApiKeyRecord, deleteApiKeysBy, listApiKeys, saveProjectPingKey } from '#store/projects.ts'

/** What was chosen about the keys. A key that was made since then ends, too: nobody chose to keep it. */
export interface KeyChoice {
  keptKeyIds: readonly string[]
  replacesPingKey: boolean
}

export const REVOKE_ALL: KeyChoice = { keptKeyIds: [], replacesPingKey: false }

export function endKeysOf(
  tx: Tx,
  { projectId, userId, keys }: { projectId: string; userId: string; keys: KeyChoice },
): void {
  deleteApiKeysBy(tx, { projectId, userId, keptIds: keys.keptKeyIds })
  if (keys.replacesPingKey) {
    saveProjectPingKey(tx, { projectId, pingKey: newLowerCaseToken(PROJECT_PING_KEY_LENGTH) })
  }
}

/** The API keys of this project that a member made, newest first. */
export function keysMadeBy(
  reader: Reader,
  { projectId, userId }: { projectId: string } & Pick<Member, 'userId'>,
): ApiKeyRecord[] {
  return listApiKeys(reader, projectId).filter(({ createdBy }) => createdBy === userId)
}
