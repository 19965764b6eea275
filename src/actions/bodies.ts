import type { Deps } from '#deps.ts'
import type { KeptMail } from '#domain/body.ts'
import { keepMail } from '#store/bodies.ts'

/** Keeps what a mail says, so that it is read once. Nothing happens when the ping is gone. */
export function keepReadMail({ db }: Deps, read: { monitorId: number; number: number; mail: KeptMail }): Promise<void> {
  return db.writeGrouped((tx) => keepMail(tx, read))
}
