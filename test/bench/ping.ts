// Durable pings per second, as ratios within one run: machines differ and are noisy. `npm run bench` installs wrk.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const CONNECTIONS = 64
const ROUNDS = 3
const SECONDS = 3
const FIRST_PORT = 18_100

interface Contender {
  name: string
  args: [kind: string, monitors: number]
}

interface Score {
  perSecond: number
  p50: number
  p99: number
}

const CONTENDERS: Contender[] = [
  { name: 'bare Bun.serve "OK"', args: ['bare', 1] },
  { name: 'CronGuard, 1 monitor', args: ['grouped', 1] },
  { name: 'CronGuard, 1,000 monitors', args: ['grouped', 1000] },
  { name: 'one transaction per ping', args: ['single', 1] },
]

const folder = mkdtempSync(join(tmpdir(), 'cronguard-bench-'))
const running = await Promise.all(CONTENDERS.map(start))
try {
  const scores = await measureInTurn()
  const bare = median(scores[0] ?? [])
  for (const [index, { name }] of CONTENDERS.entries()) report(name, median(scores[index] ?? []), bare)
} finally {
  for (const { server } of running) server.kill('SIGKILL')
  await Promise.all(running.map(({ server }) => server.exited))
  rmSync(folder, { recursive: true })
}

async function start({ args: [kind, monitors] }: Contender, index: number) {
  const port = FIRST_PORT + index
  const server = Bun.spawn(
    [process.execPath, join(import.meta.dir, 'servers.ts'), kind, String(port), String(monitors), folder],
    {
      cwd: join(import.meta.dir, '../..'),
      env: { ...process.env, NODE_ENV: 'production' },
      stdout: 'pipe',
    },
  )
  const paths = await readPaths(server.stdout)
  return { server, url: `http://127.0.0.1:${port}`, script: writeScript(paths, index) }
}

async function readPaths(stdout: ReadableStream<Uint8Array>): Promise<string[]> {
  let text = ''
  for await (const chunk of stdout) {
    text += new TextDecoder().decode(chunk)
    if (text.includes('ready')) break
  }
  const paths = text.split('\n').filter((line) => line.startsWith('/'))
  return paths.length > 0 ? paths : ['/']
}

function writeScript(paths: string[], index: number): string {
  const file = join(folder, `${index}.lua`)
  const list = paths.map((path) => `"${path}"`).join(',')
  const next = 'n = n % #paths + 1; return wrk.format("GET", paths[n])'
  const broken = 'if summary.errors.status > 0 then print("REFUSED " .. summary.errors.status) end'
  writeFileSync(
    file,
    `local paths = {${list}}; local n = 0
request = function() ${next} end
done = function(summary) ${broken} end\n`,
  )
  return file
}

// In turn, so that a slow moment of the machine affects all equally.
async function measureInTurn(): Promise<Score[][]> {
  const scores: Score[][] = running.map(() => [])
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, { url, script }] of running.entries()) scores[index]?.push(await measure(url, script))
  }
  return scores
}

async function measure(url: string, script: string): Promise<Score> {
  const command = ['wrk', '-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, '--latency', '-s', script, url]
  const text = await new Response(Bun.spawn(command, { stdout: 'pipe' }).stdout).text()
  if (text.includes('REFUSED')) throw new Error(`Some pings were refused:\n${text}`)
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]),
    p50: milliseconds(/50%\s+([\d.]+)(us|ms|s)/.exec(text)),
    p99: milliseconds(/99%\s+([\d.]+)(us|ms|s)/.exec(text)),
  }
}

function milliseconds(match: RegExpExecArray | null): number {
  const factor = { us: 0.001, ms: 1, s: 1000 }[match?.[2] ?? '']
  if (!match || factor === undefined) throw new Error('wrk did not tell its latencies')
  return Number(match[1]) * factor
}

function median(scores: Score[]): Score {
  const middle = scores.toSorted((a, b) => a.perSecond - b.perSecond)[Math.floor(scores.length / 2)]
  if (!middle) throw new Error('Nothing was measured')
  return middle
}

function report(name: string, { perSecond, p50, p99 }: Score, bare: Score): void {
  const columns = [
    name.padEnd(28),
    `${Math.round(perSecond).toLocaleString('en')} /s`.padStart(12),
    `${(perSecond / bare.perSecond).toFixed(2)} of bare`.padStart(14),
    `p50 ${p50.toFixed(2)} ms`.padStart(14),
    `p99 ${p99.toFixed(2)} ms`.padStart(14),
  ]
  console.log(columns.join(''))
}
