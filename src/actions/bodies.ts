import type { Deps } from '#deps.ts'
import type { KeptMail } from '#domain/body.ts'
import { isInReserve } from '#domain/warnings.ts'
import { diskSpace } from '#lib/disk.ts'
import { keepMail } from '#store/bodies.ts'

/** Stores the parsed text of an email, so that it is parsed only once. Does nothing when the ping was deleted. */
export function keepReadMail({ db }: Deps, read: { monitorId: number; number: number; mail: KeptMail }): Promise<void> {
  return db.writeGrouped((tx) => keepMail(tx, read))
}

/** Whether the disk has room for bodies. What is reserved for pings alone lasts for much longer. */
export function hasRoomForBodies({ config: { dataDir, diskReserveBytes } }: Pick<Deps, 'config'>): boolean {
  const space = diskSpace(dataDir)
  return space === null || !isInReserve(space, diskReserveBytes)
}
