// The servers that the ping benchmark compares, a process each. Arguments: kind, port, number of monitors, folder.
import { join } from 'node:path'
import { addUser } from '#actions/accounts.ts'
import { saveMonitor } from '#actions/monitors.ts'
import { projectsOf } from '#actions/projects.ts'
import { migrate } from '#actions/schema.ts'
import { readConfig } from '#config.ts'
import type { Deps } from '#deps.ts'
import { listen } from '#http/listen.ts'
import { createLive } from '#http/live.tsx'
import { createRequestHandler } from '#http/server.ts'
import { systemClock } from '#lib/clock.ts'
import { createLog } from '#lib/log.ts'
import { createLogMailer } from '#lib/mail.ts'
import { createOutbound } from '#lib/outbound.ts'
import { type Db, openDatabase } from '#store/database.ts'

const [kind, port, monitors, folder = '.'] = process.argv.slice(2)

if (kind === 'bare') serveBare(Number(port))
else serveCronGuard({ port: Number(port), monitors: Number(monitors), isGrouped: kind === 'grouped' })

function serveBare(port: number): void {
  Bun.serve({ hostname: '127.0.0.1', port, fetch: () => new Response('OK') })
  console.log('ready')
}

/** The real routes and database; without grouping, every ping has its own transaction. */
function serveCronGuard({ port, monitors, isGrouped }: { port: number; monitors: number; isGrouped: boolean }): void {
  const db = openDatabase({ path: join(folder, `${port}.db`), clock: systemClock, busyTimeoutMs: 250 })
  const log = createLog({ level: 'error', format: 'text' })
  const deps: Deps = {
    db: isGrouped ? db : oneByOne(db),
    clock: systemClock,
    config: readConfig({ CRONGUARD_PORT: String(port), CRONGUARD_SECRET_KEY: 'a key that only benches know' }),
    log,
    outbound: createOutbound({ allowsPrivate: true, allow: [], privateAdvice: '' }),
    mailer: createLogMailer(log),
  }
  migrate(db)
  db.write((tx) => addUser(tx, { email: 'bench@example.org', passwordHash: 'none', isAdmin: false }))
  const projectId = projectsOf(deps, 'bench@example.org')[0]?.id ?? ''
  listen(
    deps,
    createRequestHandler(deps, () => [], createLive(deps)),
  )
  for (let index = 0; index < monitors; index += 1) {
    const { monitor } = saveMonitor(deps, { projectId, match: null, change: { name: `job ${index}` } })
    console.log(`/ping/${monitor.pingKey}`)
  }
  console.log('ready')
}

function oneByOne(db: Db): Db {
  return {
    all: (sql, params) => db.all(sql, params),
    get: (sql, params) => db.get(sql, params),
    read: (work) => db.read(work),
    write: (work, durability) => db.write(work, durability),
    writeSchema: (work) => db.writeSchema(work),
    writeGrouped: async (work) => db.write(work),
    sync: () => db.sync(),
    watch: (listener) => db.watch(listener),
    checkpoint: () => db.checkpoint(),
    checkpointSome: () => db.checkpointSome(),
    giveBack: (pages) => db.giveBack(pages),
    rewrite: () => db.rewrite(),
    wasChangedElsewhere: () => db.wasChangedElsewhere(),
    isReplaced: () => false,
    close: () => db.close(),
  }
}
