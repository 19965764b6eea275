import type { Clock } from '#lib/clock.ts'
import type { Log } from '#lib/log.ts'
import type { Mailer } from '#lib/mail.ts'
import type { Outbound } from '#lib/outbound.ts'
import type { Db } from '#store/database.ts'
import type { Config } from './config.ts'

/** Everything that actions may use. */
export interface Deps {
  db: Db
  clock: Clock
  config: Config
  log: Log
  outbound: Outbound
  mailer: Mailer
}

/** The key for signatures. Every server has one: configured, or created at its first start. */
export function secretOf({ secretKey }: Pick<Config, 'secretKey'>): string {
  if (secretKey === null) throw new Error('The secret key is missing.')
  return secretKey
}
