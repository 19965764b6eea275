// Reads pings by email for pages.
import { keepReadMail } from '#actions/bodies.ts'
import type { Deps } from '#deps.ts'
import type { KeptMail } from '#domain/body.ts'
import type { RecordedPing } from '#domain/ping.ts'
import { findBody, findMail } from '#store/bodies.ts'
import { keptMailOf } from './pings/mail-text.ts'
import { readMail } from './pings/reading.ts'

type MailPing = Pick<RecordedPing, 'scheme' | 'monitorId' | 'number'>

/** The text of a ping by email; null for other pings. An email is parsed once, and the result is stored. */
export async function mailOf(deps: Deps, { scheme, monitorId, number }: MailPing): Promise<KeptMail | null> {
  if (scheme !== 'email') return null
  const kept = findMail(deps.db, { monitorId, number })
  if (kept) return kept
  const place = `${monitorId}/${number}`
  const reading = underWay.get(place) ?? readNext(() => readAndStore(deps, { monitorId, number }))
  underWay.set(place, reading)
  return await reading.finally(() => underWay.delete(place))
}

const underWay = new Map<string, Promise<KeptMail | null>>()

// New pings take precedence over emails that users view, and only one viewed email is in memory at a time.
function readNext(read: () => Promise<KeptMail | null>): Promise<KeptMail | null> {
  const turn = lastTurn.then(read)
  lastTurn = turn.catch(() => {})
  return turn
}

let lastTurn: Promise<unknown> = Promise.resolve()

async function readAndStore(deps: Deps, ping: { monitorId: number; number: number }): Promise<KeptMail | null> {
  const kept = findBody(deps.db, ping)
  if (kept === null) return null
  const mail = keptMailOf(await readMail(kept.body.head))
  await keepReadMail(deps, { ...ping, mail })
  return mail
}
