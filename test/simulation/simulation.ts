// Months of a CronGuard, by a seed: many jobs, many troubles, and an oracle that it must agree with.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Span, throwBusyTimes, throwRole } from './cast.ts'
import { Dice } from './dice.ts'
import { Job } from './jobs.ts'
import { judgeDeliveries } from './referee.ts'
import { Disagreement } from './scribe.ts'
import { Troubles } from './troubles.ts'
import { World } from './world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MONTH = 30.5 * DAY

export interface Plot {
  seed: number
  months: number
}

export interface Outcome {
  seed: number
  /** Where CronGuard and the oracle differ; null: nowhere. */
  disagreement: string | null
  counts: Record<string, number>
}

const MONITORS = 30
const TROUBLES_PER_MONTH = 4
/** After the last run: enough time to find every job dead, and to send the alerts. */
const AFTERWARDS_MS = 60 * DAY

/** Runs the simulation. Resolves with the first difference; rejects if something else fails. */
export async function simulate({ seed, months }: Plot): Promise<Outcome> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'cronguard-simulation-'))
  const dice = new Dice(seed)
  const restore = throwUuids(dice.fork())
  const from = Date.UTC(2024 + dice.whole(0, 3), dice.whole(0, 11), dice.whole(1, 28), dice.whole(0, 23))
  const until = Math.round(from + months * MONTH)
  const span = { from, until, busyTimes: throwBusyTimes(dice, { from, until }) }
  const world = new World(dice.fork(), { path: join(folder, 'cronguard.db'), start: from })
  let disagreement: string | null = null
  try {
    await live(world, { dice, span })
  } catch (error) {
    if (!(error instanceof Disagreement)) throw error
    disagreement = error.message
  } finally {
    if (world.presence !== 'gone') world.appliance.kill()
    restore()
    rmSync(folder, { recursive: true, force: true })
  }
  return { seed, disagreement, counts: { ...world.scribe.counts, attempts: world.receivers.attempts.length } }
}

async function live(world: World, { dice, span }: { dice: Dice; span: Span }): Promise<void> {
  await world.start()
  populate(world, { dice, span })
  for (const player of world.players) new Job(world, { player, dice: dice.fork() }).begin(span)
  new Troubles(world, dice.fork()).begin(span, Math.ceil((TROUBLES_PER_MONTH * (span.until - span.from)) / MONTH))
  for (let day = span.from; day < span.until; day += DAY) {
    await world.runUntil(day)
    if (world.presence === 'awake') world.scribe.compareStates()
  }
  await end(world, span)
}

// No job runs and no trouble happens any more: the last messages are sent.
async function end(world: World, { until }: Span): Promise<void> {
  await world.runUntil(until + 4 * DAY)
  if (world.presence === 'gone') await world.start()
  for (const { name } of world.channels) world.receivers.moods.set(name, 'works')
  await world.runUntil(until + AFTERWARDS_MS)
  world.scribe.compareStates()
  Object.assign(world.scribe.counts, judgeDeliveries(world))
}

function populate(world: World, { dice, span }: { dice: Dice; span: Span }): void {
  for (const email of ['alice@example.org', 'bob@example.org', 'carol@example.org']) {
    const projectId = world.appliance.addProject(email)
    const channelIds = Array.from({ length: dice.whole(1, 3) }, () => addChannel(world, { projectId, dice }))
    for (let count = 0; count < MONITORS / 3; count++) addPlayer(world, { dice, span, projectId, channelIds })
  }
}

function addChannel(world: World, { projectId, dice }: { projectId: string; dice: Dice }) {
  const name = `channel-${world.channels.length + 1}`
  const [kind, settings] = dice.chance(0.6)
    ? ['webhook', { url: `http://receivers.example.org/${name}` }]
    : ['email', { address: `${name}@example.org` }]
  const channel = { project: projectId, name, kind, settings, notifiesGaps: dice.chance(0.7) }
  world.channels.push(channel)
  return { name, id: world.appliance.addChannel(channel) }
}

interface Place {
  dice: Dice
  span: Span
  projectId: string
  channelIds: { name: string; id: string }[]
}

function addPlayer(world: World, { dice, span, projectId, channelIds }: Place): void {
  const role = throwRole(dice.fork(), { index: world.players.length + 1, span })
  const channels = dice.some(channelIds, 0.8)
  // Messages are judged one by one, so none may be held to be combined with others.
  const change = { name: role.name, ...role.request.change, isUrgent: true }
  const ids = channels.map(({ id }) => id)
  const { id, pingKey } = world.appliance.addMonitor(projectId, change, ids)
  const names = channels.map(({ name }) => name)
  world.players.push({ role, id, pingKey, projectId, channels: names, request: role.request })
  world.oracle.add(role.name, role.request.wishes)
}

// The same seed makes the same ids, and so the same pauses between attempts.
function throwUuids(dice: Dice): () => void {
  const original = crypto.randomUUID
  crypto.randomUUID = () => dice.uuid() as ReturnType<typeof original>
  return () => {
    crypto.randomUUID = original
  }
}
