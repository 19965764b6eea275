import { withMemberOptions } from '#actions/channel-groups.ts'
import type { ChannelKind } from '#channels/kind.ts'
import { secretOf } from '#deps.ts'
import type { WebDeps } from '#http/guards.ts'
import { derivePushKeys } from '#lib/push-keys.ts'
import type { KindView } from '#views/pages/channel-form.tsx'

/** The kind with what its form needs from this server. */
export function shownKind(
  { db, config }: WebDeps['deps'],
  { kind, projectId }: { kind: ChannelKind; projectId: string },
): KindView {
  const view = withMemberOptions(db, { kind, projectId })
  return kind.isSubscribedInBrowser ? { ...view, pushKey: derivePushKeys(secretOf(config)).publicKey } : view
}
