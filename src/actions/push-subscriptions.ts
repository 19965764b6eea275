// Subscriptions of browsers to push notifications. A browser may replace its own at any time.
import { CHANNEL_KINDS } from '#channels/index.ts'
import type { Deps } from '#deps.ts'
import { listChannelsWithEndpoint, saveChannel } from '#store/channels.ts'
import { readSettings } from './channels.ts'

/**
 * Replaces a subscription in the channels that use it, if any. The former endpoint is the permission: it is a secret
 * between the browser, its push service and this server. Throws invalid.
 */
export function replaceSubscription(
  deps: Deps,
  { endpoint, subscription }: { endpoint: string; subscription: Readonly<Record<string, string>> },
): void {
  for (const kind of CHANNEL_KINDS.filter(({ isSubscribedInBrowser }) => isSubscribedInBrowser)) {
    const search = { kind: kind.kind, endpoint }
    if (listChannelsWithEndpoint(deps.db, search).length === 0) continue
    deps.db.write((tx) => {
      for (const channel of listChannelsWithEndpoint(tx, search)) {
        const settings = readSettings(deps, kind, { ...(channel.settings as object), ...subscription })
        saveChannel(tx, { ...channel, settings })
      }
    })
  }
}
