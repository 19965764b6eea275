// The cost of the dashboard: the page by number of monitors, and one changed row pushed to many open tabs. Absolute
// times depend on the machine; compare the ratios within one run.
import { addUser } from '#actions/accounts.ts'
import { saveMonitor } from '#actions/monitors.ts'
import { recordPing } from '#actions/pings.ts'
import { projectsOf } from '#actions/projects.ts'
import { NO_BODY } from '#domain/body.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { TestGuard } from '../support/cronguard.ts'
import { memberOf, signedIn } from '../support/visitor.ts'

const SIZES = [10, 100, 1000, 5000]
const TABS = [1, 10, 100]
/** The maximum of open tabs per user. */
const TABS_EACH = 20
const ROUNDS = 15
const RUNS = 30
const GZIP = { 'Accept-Encoding': 'gzip' }
const ORIGIN = { scheme: 'http', method: 'GET', remoteAddress: '192.0.2.1', userAgent: 'bench' }

console.log('The page, server time without the network, median of', ROUNDS)
let smallest = 0
for (const size of SIZES) {
  const { guard, visitor, path } = await withMonitors(size)
  const ms = await median(async () => void (await (await visitor.get(path)).arrayBuffer()))
  const plain = (await (await visitor.get(path)).arrayBuffer()).byteLength
  const packed = await visitor.get(path, GZIP)
  const packedMs = await median(async () => void (await (await visitor.get(path, GZIP)).arrayBuffer()))
  smallest ||= ms
  print(`${size} monitors`, {
    ms: ms.toFixed(1),
    'times the smallest': (ms / smallest).toFixed(1),
    bytes: String(plain),
    'ms packed': packedMs.toFixed(1),
    'bytes packed': String((await packed.arrayBuffer()).byteLength),
  })
  guard.stop()
}

console.log('\nOne changed row of 1,000, pushed to open tabs: the tick that draws and sends it, median of', ROUNDS)
let alone = 0
for (const tabs of TABS) {
  const { guard, project, path, pingKey } = await withMonitors(1000)
  const newMember = (index: number) => memberOf(guard, project, 'viewer', `viewer-${index}@example.org`)
  let bytes = 0
  const count = (chunk: Uint8Array): void => {
    bytes += chunk.byteLength
  }
  const people = await Promise.all(Array.from({ length: Math.ceil(tabs / TABS_EACH) }, (_, index) => newMember(index)))
  for (let index = 0; index < tabs; index += 1) {
    const stream = (await people[index % people.length]?.get(`${path}/events`))?.body
    void stream?.pipeTo(new WritableStream({ write: count }))
  }
  await Bun.sleep(10)
  bytes = 0
  const ms = await median(
    () => guard.live.tick(),
    async () => {
      await ping(guard, pingKey)
      await Bun.sleep(1)
    },
  )
  await Bun.sleep(10)
  alone ||= ms
  print(`${tabs} tabs`, {
    ms: ms.toFixed(2),
    'times one tab': (ms / alone).toFixed(1),
    'bytes a tab and change': (bytes / tabs / ROUNDS).toFixed(0),
  })
  guard.live.close()
  guard.stop()
}

async function withMonitors(count: number) {
  const guard = new TestGuard()
  guard.db.write((tx) => addUser(tx, { email: 'bench@example.org', passwordHash: 'none', isAdmin: false }))
  const [project] = projectsOf(guard.deps, 'bench@example.org')
  if (!project) throw new Error('Every user has a project')
  let pingKey = ''
  for (let index = 0; index < count; index += 1) {
    const change = {
      name: `job number ${index}`,
      tags: index % 3 === 0 ? 'db prod' : '',
      schedule: { kind: 'period', periodMs: HOUR } as const,
      graceMs: 10 * MINUTE,
    }
    pingKey = saveMonitor(guard.deps, { projectId: project.id, match: null, change }).monitor.pingKey
    const runs = Array.from({ length: RUNS }, (_, run) => ((run + index) % 11 === 0 ? 'f' : 's')).join('')
    const facts = { pingKey, runs, at: guard.clock.now() - index * 1000 }
    guard.db.write((tx) =>
      tx.run(
        `UPDATE monitors SET status = 'up', recent_runs = $runs, last_ping_at = $at, due_at = $at + 3600000,
                deadline_at = $at + 4200000 WHERE ping_key = $pingKey`,
        facts,
      ),
    )
  }
  const visitor = await signedIn(guard, 'bench@example.org')
  return { guard, visitor, project, pingKey, path: `/projects/${project.id}` }
}

async function ping({ deps }: TestGuard, pingKey: string): Promise<void> {
  await recordPing(deps, {
    address: { pingKey },
    signal: 'success',
    exitStatus: null,
    runId: null,
    origin: ORIGIN,
    ...NO_BODY,
  })
}

async function median(work: () => Promise<void>, before: () => Promise<void> = async () => {}): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    await before()
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0
}

function print(name: string, facts: Record<string, string>): void {
  console.log(
    `${name}:`,
    Object.entries(facts)
      .map(([label, value]) => `${label} ${value}`)
      .join(', '),
  )
}
