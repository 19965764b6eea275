import { spellingsOf } from '#domain/keys.ts'
import type { Reader } from '#store/database.ts'
import { type KeyHolder, listBadgeKeyHolders, listPingKeyHolders, wasUsedByAnotherProject } from '#store/keys.ts'

/** A key that somebody brings along, and who may have it already. */
export interface GivenKey {
  key: string
  projectId: string
  /** Null: it is for the project, or for a monitor that is not there yet. */
  monitorId: number | null
}

/**
 * Whether pings to this key would find nobody else: neither on this server, whatever they find there, nor, by an old
 * URL, somebody who had it before.
 */
export function isFreeForPings(reader: Reader, { key, ...holder }: GivenKey): boolean {
  const spellings = spellingsOf(key)
  const isTaken = listPingKeyHolders(reader, spellings).some((other) => !isSame(other, holder))
  return !isTaken && !wasUsedByAnotherProject(reader, { use: 'ping', spellings, projectId: holder.projectId })
}

/** The same for the key of a badge. */
export function isFreeForBadges(reader: Reader, { key, ...holder }: GivenKey): boolean {
  const isTaken = listBadgeKeyHolders(reader, key).some((other) => !isSame(other, holder))
  return !isTaken && !wasUsedByAnotherProject(reader, { use: 'badge', spellings: [key], projectId: holder.projectId })
}

function isSame(one: KeyHolder, other: KeyHolder): boolean {
  return one.projectId === other.projectId && one.monitorId === other.monitorId
}
