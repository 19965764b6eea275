// Sends a test through channels every week, so that one that no longer works is found before it is needed.
import type { Deps } from '#deps.ts'
import { quietUntil } from '#domain/channel-rules.ts'
import { DETAIL_MAX } from '#domain/delivery.ts'
import { WEEK } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { findChannel, markChannel } from '#store/channels.ts'
import { listDrillsDue, saveDrill } from '#store/proofs.ts'
import { type ChannelRef, testChannel } from './channels.ts'

/** Sends the tests that are due, one after the other. In quiet hours, a test waits. */
export async function drill(deps: Deps): Promise<void> {
  const due = listDrillsDue(deps.db, deps.clock.now() - WEEK)
  for (const ref of due) if (!isQuiet(deps, ref)) await drillOne(deps, ref)
}

function isQuiet({ db, clock }: Deps, { channelId }: ChannelRef): boolean {
  const hours = findChannel(db, channelId)?.rules.quietHours ?? null
  return hours !== null && quietUntil(hours, clock.now()) !== null
}

async function drillOne(deps: Deps, ref: ChannelRef): Promise<void> {
  const problem = await problemOf(deps, ref)
  const { channelId } = ref
  await deps.db.writeGrouped((tx) => {
    saveDrill(tx, { channelId, problem })
    if (problem !== null) markChannel(tx, { channelId, isFailing: true })
  })
  if (problem !== null) deps.log.warn('The weekly test of a channel failed', { channel: channelId, problem })
}

async function problemOf(deps: Deps, ref: ChannelRef): Promise<string | null> {
  try {
    const { result, detail } = await testChannel(deps, { ...ref, isByAdmin: true })
    return result === 'sent' ? null : detail.slice(0, DETAIL_MAX)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.message
  }
}
