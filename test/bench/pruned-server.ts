// A server with a thousand monitors of two thousand pings, half of which are expired. Arguments: kind, port, folder.
import { join } from 'node:path'
import { addUser } from '#actions/accounts.ts'
import { saveMonitor } from '#actions/monitors.ts'
import { projectsOf } from '#actions/projects.ts'
import { prune } from '#actions/retention.ts'
import { migrate } from '#actions/schema.ts'
import { readConfig } from '#config.ts'
import type { Deps } from '#deps.ts'
import { createLive } from '#http/live.tsx'
import { createRequestHandler } from '#http/server.ts'
import { systemClock } from '#lib/clock.ts'
import { createLog } from '#lib/log.ts'
import { createLogMailer } from '#lib/mail.ts'
import { createOutbound } from '#lib/outbound.ts'
import { openDatabase } from '#store/database.ts'
import { countPings } from '#store/retention.ts'

const MONITORS = 1000
const PINGS = 2000
/** The pause of the janitor between chunks. */
const PAUSE_MS = 20

const [kind, port, folder = '.'] = process.argv.slice(2)
const db = openDatabase({ path: join(folder, `${kind}.db`), clock: systemClock, busyTimeoutMs: 250 })
const log = createLog({ level: 'error', format: 'text' })
const deps: Deps = {
  db,
  clock: systemClock,
  config: readConfig({ CRONGUARD_SECRET_KEY: 'a key that only benches know', CRONGUARD_DATA_DIR: folder }),
  log,
  outbound: createOutbound({ allowsPrivate: true, allow: [], privateAdvice: '' }),
  mailer: createLogMailer(log),
}
if (migrate(db).length > 0) fill()
for (const { pingKey } of db.all<{ pingKey: string }>('SELECT ping_key AS pingKey FROM monitors')) {
  console.log(`/ping/${pingKey}`)
}
const handler = createRequestHandler(deps, () => [], createLive(deps))
Bun.serve({
  hostname: '127.0.0.1',
  port: Number(port),
  fetch: (request) =>
    request.url.endsWith('/pings') ? new Response(String(countPings(db))) : handler(request, '127.0.0.1'),
})
console.log('ready')
if (kind === 'pruning') await pruneSlowly()

function fill(): void {
  db.write((tx) => addUser(tx, { email: 'bench@example.org', passwordHash: 'none', isAdmin: false }))
  const projectId = projectsOf(deps, 'bench@example.org')[0]?.id ?? ''
  for (let index = 0; index < MONITORS; index++) {
    saveMonitor(deps, { projectId, match: null, change: { name: `job ${index}` } })
  }
  // Number by number, as jobs ping: the pings of one monitor are far apart in the table.
  db.write((tx) =>
    tx.run(
      `WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < $pings)
       INSERT INTO pings (monitor_id, number, kind, at, scheme, method, user_agent, body_bytes)
       SELECT monitors.id, number, 'success', $now - ($pings - number) * 60000, 'http', 'GET', 'curl/8.5.0',
              iif(number % 10 = 0, 2000, 60)
         FROM numbers, monitors`,
      { pings: PINGS, now: tx.now },
    ),
  )
  db.write((tx) =>
    tx.run(
      `INSERT INTO bodies (monitor_id, number, bytes, cut_bytes, head)
       SELECT monitor_id, number, body_bytes, 0, zeroblob(body_bytes) FROM pings ORDER BY number, monitor_id`,
    ),
  )
  db.write((tx) => tx.run('UPDATE monitors SET ping_count = $pings', { pings: PINGS }))
  db.checkpoint()
}

async function pruneSlowly(): Promise<void> {
  for await (const _ of prune(deps)) await Bun.sleep(PAUSE_MS)
}
