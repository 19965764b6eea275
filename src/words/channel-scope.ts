import { type ChannelScope, covers } from '#domain/channel.ts'

/** "all monitors, including new ones" */
export function scopeInWords(scope: ChannelScope): string {
  switch (scope.is) {
    case 'all':
      return 'all monitors, including new ones'
    case 'these':
      return 'selected monitors'
    case 'tag':
      return `monitors with the tag ${scope.tags.map((tag) => `“${tag}”`).join(' or ')}`
  }
}

/** Why a monitor with these tags uses a channel, or doesn't. */
export function useInWords(scope: ChannelScope, { tags, isUsed }: { tags: string; isUsed: boolean }): string {
  if (covers(scope, tags) === isUsed) return scopeInWords(scope)
  return isUsed ? 'added for this monitor' : `${scopeInWords(scope)}, except this one`
}

/** Which monitors a channel notifies about, for a list of channels. */
export function coverageInWords(scope: ChannelScope, { used, total }: { used: number; total: number }): string {
  if (scope.is === 'these') return used === 0 ? 'no monitors yet' : monitorCount(used)
  const left = total - used
  if (scope.is === 'all' && left > 0) return `all monitors except ${left}, including new ones`
  return `${scopeInWords(scope)} (${used})`
}

export function monitorCount(count: number): string {
  if (count === 0) return 'no monitors'
  return `${count} monitor${count === 1 ? '' : 's'}`
}
