import type { Deps } from '#deps.ts'
import type { KeptMail } from '#domain/body.ts'
import { keepMail } from '#store/bodies.ts'

/** Stores the parsed text of an email, so that it is parsed only once. Does nothing when the ping was deleted. */
export function keepReadMail({ db }: Deps, read: { monitorId: number; number: number; mail: KeptMail }): Promise<void> {
  return db.writeGrouped((tx) => keepMail(tx, read))
}
