// The two other processes of the storm benchmark: the receiver of a webhook, and a server with a full outbox.
import { addUser } from '#actions/accounts.ts'
import { createChannel } from '#actions/channels.ts'
import { saveMonitor } from '#actions/monitors.ts'
import { projectsOf } from '#actions/projects.ts'
import { recordStep } from '#actions/transitions.ts'
import { startApp, withNewDeps } from '#app.ts'
import { readConfig } from '#config.ts'
import type { Deps } from '#deps.ts'
import { DEFAULT_SETTINGS } from '#domain/monitor.ts'
import { systemClock } from '#lib/clock.ts'
import { findServiceManager } from '#lib/systemd.ts'
import { newUuid } from '#lib/tokens.ts'
import { setChannelsOfMonitor } from '#store/channels.ts'
import type { Tx } from '#store/database.ts'
import { findMonitorById, insertMonitor } from '#store/monitors.ts'

const BATCH = 1000
/** Longer than the server takes to start. */
const START_MS = 4000

const [kind, ...args] = process.argv.slice(2)
if (kind === 'receiver') serveReceiver()
else await serveCronGuard(args)

/** Answers at once, and counts. */
function serveReceiver(): void {
  let received = { count: 0, firstAt: null as number | null, lastAt: null as number | null }
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request) => {
      if (request.url.endsWith('/received')) return Response.json(received)
      if (request.url.endsWith('/reset')) received = { count: 0, firstAt: null, lastAt: null }
      else {
        const now = Date.now()
        received = { count: received.count + 1, firstAt: received.firstAt ?? now, lastAt: now }
      }
      return new Response('thank you')
    },
  })
  console.log(`http://127.0.0.1:${server.port}`)
}

async function serveCronGuard([port, folder, receiverUrl, size, channels, restMs]: string[]): Promise<void> {
  const env = { CRONGUARD_PORT: port ?? '', CRONGUARD_DATA_DIR: folder ?? '', CRONGUARD_LOG_LEVEL: 'error' }
  const context = { config: readConfig(env), clock: systemClock }
  const storm = { receiverUrl: receiverUrl ?? '', size: Number(size), channels: Number(channels) }
  const pingKey = await withNewDeps(context, (deps) => fillOutbox(deps, storm))
  const stormAt = Date.now() + START_MS + Number(restMs)
  await withNewDeps(context, ({ db }) => {
    db.write((tx) => tx.run('UPDATE deliveries SET next_attempt_at = $stormAt', { stormAt }))
  })
  await startApp(context, await findServiceManager({}, console.warn))
  await Bun.sleep(stormAt - Number(restMs) - Date.now())
  console.log(`http://127.0.0.1:${port}/ping/${pingKey} ${stormAt}`)
}

interface Storm {
  receiverUrl: string
  size: number
  channels: number
}

/** Monitors that went down, each with a delivery for each channel. Returns the key of a monitor that did not. */
function fillOutbox(deps: Deps, { receiverUrl, size, channels }: Storm): string {
  const { db } = deps
  db.write((tx) => addUser(tx, { email: 'bench@example.org', passwordHash: 'none', isAdmin: false }))
  const projectId = projectsOf(deps, 'bench@example.org')[0]?.id ?? ''
  const channelIds = Array.from({ length: channels }, (_, index) => {
    const channel = { kind: 'webhook', name: `hook ${index}`, settings: { url: `${receiverUrl}/${index}` } }
    return createChannel(deps, { projectId, ...channel, monitors: { is: 'these', monitorIds: [] } }).id
  })
  const { pingKey } = saveMonitor(deps, { projectId, match: null, change: { name: 'ping' } }).monitor
  const monitors = Math.ceil(size / channels)
  for (let made = 0; made < monitors; made += BATCH) {
    db.write((tx) => {
      for (let index = made; index < Math.min(made + BATCH, monitors); index += 1) {
        addMonitorThatIsDown(tx, { projectId, channelIds, name: `job ${index}` })
      }
      // The storm begins later.
      tx.run('UPDATE deliveries SET next_attempt_at = next_attempt_at + 86400000 WHERE next_attempt_at <= $now', {
        now: tx.now,
      })
    })
  }
  return pingKey
}

function addMonitorThatIsDown(
  tx: Tx,
  { projectId, channelIds, name }: { projectId: string; channelIds: string[]; name: string },
): void {
  const keys = { pingKey: newUuid(), uniqueKey: newUuid().padEnd(40, '0'), badgeKey: newUuid() }
  const id = insertMonitor(tx, { projectId, settings: { ...DEFAULT_SETTINGS, name }, keys })
  setChannelsOfMonitor(tx, { monitorId: id, channelIds })
  const monitor = findMonitorById(tx, id)
  if (!monitor) throw new Error('The new monitor was not inserted')
  const transition = { from: 'up', to: 'down', at: tx.now, reason: 'fail' } as const
  recordStep(tx, { monitor: { ...monitor, status: 'down' }, transition })
}
