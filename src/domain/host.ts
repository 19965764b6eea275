// A host is a machine whose jobs are watched. A tag names it.
import { tagList } from './monitor.ts'

const PREFIX = 'host:'

/** The host of a monitor with these tags: "nas01" for the tag "host:nas01". Null if there is none. */
export function hostOf(tags: string): string | null {
  return hostIn(tagList(tags))
}

export function hostIn(tags: readonly string[]): string | null {
  return tags.find((tag) => tag.startsWith(PREFIX) && tag.length > PREFIX.length)?.slice(PREFIX.length) ?? null
}
