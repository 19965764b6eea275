// How long a ping takes while a million old ones are pruned, and while none is. By hand: `bun test/bench/retention.ts`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const SECONDS = Number(process.env.BENCH_SECONDS ?? 20)
const PER_SECOND = 400
const PORT = 18_150

const folder = mkdtempSync(join(tmpdir(), 'cronguard-bench-'))
try {
  for (const kind of ['resting', 'pruning', 'resting', 'pruning']) await measure(kind)
} finally {
  rmSync(folder, { recursive: true })
}

async function measure(kind: string): Promise<void> {
  const server = Bun.spawn([process.execPath, join(import.meta.dir, 'pruned-server.ts'), kind, String(PORT), folder], {
    cwd: join(import.meta.dir, '../..'),
    env: { ...process.env, NODE_ENV: 'production' },
    stdout: 'pipe',
  })
  const lines = linesOf(server.stdout)
  const urls = await readUrls(lines)
  const before = await fetch(`http://127.0.0.1:${PORT}/pings`).then((response) => response.text())
  const taken = await load(urls)
  const after = await fetch(`http://127.0.0.1:${PORT}/pings`).then((response) => response.text())
  server.kill('SIGKILL')
  await server.exited
  report(kind, taken, `${before} pings before, ${after} after`)
}

async function* linesOf(stdout: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = ''
  for await (const chunk of stdout) {
    text += new TextDecoder().decode(chunk)
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    yield* lines
  }
}

async function readUrls(lines: AsyncGenerator<string>): Promise<string[]> {
  const urls: string[] = []
  for await (const line of lines) {
    if (line === 'ready') return urls
    urls.push(`http://127.0.0.1:${PORT}${line}`)
  }
  throw new Error('The server ended')
}

// At a fixed rate, independent of the answers: a stall delays every ping that is sent meanwhile.
async function load(urls: string[]): Promise<number[]> {
  const taken: number[] = []
  const begunAt = performance.now()
  const underWay: Promise<void>[] = []
  for (let n = 0; n < SECONDS * PER_SECOND; n++) {
    const meantAt = begunAt + (n * 1000) / PER_SECOND
    while (performance.now() < meantAt) await Bun.sleep(1)
    underWay.push(
      fetch(urls[n % urls.length] ?? '')
        .then((response) => response.text())
        .then(() => void taken.push(performance.now() - meantAt)),
    )
  }
  await Promise.all(underWay)
  return taken
}

function report(kind: string, taken: number[], note: string): void {
  const sorted = taken.toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1)
  console.log(
    `${kind.padEnd(9)} p50 ${at(0.5)} ms  p99 ${at(0.99)} ms  p99.9 ${at(0.999)} ms  max ${at(1)} ms  ${note}`,
  )
}
