import { spellingsOf } from '#domain/keys.ts'
import type { Reader } from '#store/database.ts'
import { type KeyHolder, listBadgeKeyHolders, listPingKeyHolders, wasUsedByAnotherProject } from '#store/keys.ts'

/** A key that the caller wants to use, and the project and monitor that may already have it. */
export interface GivenKey {
  key: string
  projectId: string
  /** Null for the key of a project or of a new monitor. */
  monitorId: number | null
}

/**
 * Whether no other monitor or project on this server has this ping key, and no other project had it before, so that old
 * URLs cannot reach the wrong monitor.
 */
export function isFreeForPings(reader: Reader, { key, ...holder }: GivenKey): boolean {
  const spellings = spellingsOf(key)
  const isTaken = listPingKeyHolders(reader, spellings).some((other) => !isSame(other, holder))
  return !isTaken && !wasUsedByAnotherProject(reader, { use: 'ping', spellings, projectId: holder.projectId })
}

/** As `isFreeForPings`, for a badge key. */
export function isFreeForBadges(reader: Reader, { key, ...holder }: GivenKey): boolean {
  const isTaken = listBadgeKeyHolders(reader, key).some((other) => !isSame(other, holder))
  return !isTaken && !wasUsedByAnotherProject(reader, { use: 'badge', spellings: [key], projectId: holder.projectId })
}

function isSame(one: KeyHolder, other: KeyHolder): boolean {
  return one.projectId === other.projectId && one.monitorId === other.monitorId
}
