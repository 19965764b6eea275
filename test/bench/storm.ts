// A storm: many notifications are due at once. How fast they are sent, and how long pings take meanwhile, compared
// with the same server at rest. Arguments: the numbers of pending deliveries; by default 1,000, 10,000 and 100,000.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'

const SIZES = [1000, 10_000, 100_000]
const CHANNELS = [1, 10]
const REST_MS = 5000
/** A storm is watched for this long at most. */
const STORM_MAX_MS = 120_000
/** The pause between pings. */
const PAUSE_MS = 4
const POLL_MS = 50
const PORT = 18_200

interface Received {
  count: number
  firstAt: number | null
  lastAt: number | null
}

const given = process.argv.slice(2).map(Number)
const receiver = start('receiver', [])
const receiverUrl = (await receiver.lines.next()).value ?? ''
try {
  for (const size of given.length > 0 ? given : SIZES) for (const channels of CHANNELS) await measure(size, channels)
} finally {
  await end(receiver)
}

async function measure(size: number, channels: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cronguard-storm-'))
  const server = start('cronguard', [String(PORT), folder, receiverUrl, String(size), String(channels), `${REST_MS}`])
  try {
    await fetch(`${receiverUrl}/reset`)
    const [pingUrl = '', at = ''] = ((await server.lines.next()).value ?? '').split(' ')
    const load = loadavg()[0] ?? 0
    const stormAt = Number(at)
    const rest = await pingUntil(pingUrl, () => Date.now() >= stormAt)
    const cpuBefore = cpuMs(server)
    let received = await readReceived()
    let readAt = 0
    const storm = await pingUntil(pingUrl, async () => {
      if (Date.now() - readAt > POLL_MS) {
        received = await readReceived()
        readAt = Date.now()
      }
      return received.count >= size || Date.now() - stormAt > STORM_MAX_MS
    })
    report({ size, channels, stormAt, received, rest, storm, load, cpuMs: cpuMs(server) - cpuBefore })
  } finally {
    await end(server)
    rmSync(folder, { recursive: true })
  }
}

async function pingUntil(url: string, isOver: () => boolean | Promise<boolean>): Promise<number[]> {
  const times: number[] = []
  while (!(await isOver())) {
    const startedAt = performance.now()
    const response = await fetch(url)
    if ((await response.text()) !== 'OK') throw new Error(`The ping was answered ${response.status}`)
    times.push(performance.now() - startedAt)
    await Bun.sleep(PAUSE_MS)
  }
  return times.sort((a, b) => a - b)
}

async function readReceived(): Promise<Received> {
  return (await (await fetch(`${receiverUrl}/received`)).json()) as Received
}

interface Measured {
  size: number
  channels: number
  stormAt: number
  received: Received
  rest: number[]
  storm: number[]
  load: number
  cpuMs: number
}

function report({ size, channels, stormAt, received, rest, storm, load, cpuMs }: Measured): void {
  const { count, firstAt, lastAt } = received
  const perSecond = count / (Math.max(1, (lastAt ?? Date.now()) - stormAt) / 1000)
  const quantile = (times: number[], share: number) => times[Math.floor(times.length * share)] ?? 0
  const compare = (share: number) => {
    const [before, during] = [quantile(rest, share), quantile(storm, share)]
    return `${before.toFixed(2)} → ${during.toFixed(2)} ms (${(during / before).toFixed(1)}×)`
  }
  const columns = [
    `${size.toLocaleString('en')} on ${channels}`.padEnd(16),
    `${count.toLocaleString('en')} sent`.padStart(13),
    `${Math.round(perSecond).toLocaleString('en')}/s`.padStart(9),
    `first ${((firstAt ?? Number.NaN) - stormAt).toFixed(0)} ms`.padStart(15),
    `  p50 ${compare(0.5)}`.padEnd(30),
    `  p99 ${compare(0.99)}`.padEnd(32),
    `cpu ${(cpuMs / count).toFixed(2)} ms each, ${storm.length} pings, load ${load.toFixed(1)}`,
  ]
  console.log(columns.join(' '))
}

/** The processor time that a process has used, pings included. */
function cpuMs({ process: { pid } }: Child): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

interface Child {
  process: Bun.Subprocess<'ignore', 'pipe', 'inherit'>
  lines: AsyncGenerator<string>
}

function start(kind: string, args: string[]): Child {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'storm-servers.ts'), kind, ...args], {
    cwd: join(import.meta.dir, '../..'),
    env: { ...process.env, NODE_ENV: 'production' },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  return { process: child, lines: linesOf(child.stdout) }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = ''
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk)
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    yield* lines
  }
}

async function end({ process: child }: Child): Promise<void> {
  child.kill('SIGKILL')
  await child.exited
}
