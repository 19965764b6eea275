// Large mails are parsed in a worker, so that pings are answered meanwhile.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createTransport } from 'nodemailer'
import type { Monitor } from '#domain/monitor.ts'
import { mailOf } from '#http/mails.ts'
import { listenForMail, type MailListener } from '#http/smtp.ts'
import { insertPing } from '#store/pings.ts'
import { freePort } from '../support/binary.ts'
import { wholeBody } from '../support/bodies.ts'
import { Moved } from '../support/moved.ts'
import { memberOf } from '../support/visitor.ts'

let moved: Moved
let listener: MailListener

beforeEach(async () => {
  const mails = { CRONGUARD_SMTPD_PORT: String(await freePort()), CRONGUARD_SMTPD_HOST: '127.0.0.1' }
  moved = new Moved([], {
    ...mails,
    CRONGUARD_PING_EMAIL_DOMAIN: 'ping.example.org',
    CRONGUARD_PING_BODY_LIMIT: '1000000',
  })
  const started = await listenForMail(moved.guard.deps)
  if (started === null) throw new Error('The mail listener did not start')
  listener = started
})

afterEach(async () => {
  await listener.stop()
  moved.stop()
})

/** How long the work took, and the longest time that it blocked the event loop. */
async function watch(work: Promise<unknown>): Promise<{ tookMs: number; stalledMs: number }> {
  const startedAt = performance.now()
  let [isOver, lastTurnAt, stalledMs] = [false, startedAt, 0]
  const turns = (async () => {
    while (!isOver) {
      await new Promise((resolve) => setImmediate(resolve))
      stalledMs = Math.max(stalledMs, performance.now() - lastTurnAt)
      lastTurnAt = performance.now()
    }
  })()
  await work.finally(() => {
    isOver = true
  })
  await turns
  return { tookMs: performance.now() - startedAt, stalledMs }
}

const ROW = '<tr><td><b>job</b></td><td>12:00</td><td><span style="color:red">all <i>fine</i></span></td></tr>\n'

/** Sends a mail of nearly a megabyte. */
async function mailReport(monitor: Monitor): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port: listener.port, ignoreTLS: true })
  const html = `<table>${ROW.repeat(940_000 / ROW.length)}</table>`
  await transport.sendMail({ from: 'nas@example.org', to: `${monitor.pingKey}@ping.example.org`, html })
  transport.close()
}

describe('Large mails do not block pings', () => {
  test('while one arrives', async () => {
    const { guard, project } = moved
    const filter = { successKeywords: 'all fine', failureKeywords: 'FAILED', body: true }
    const monitor = guard.monitor(project, { name: 'reports', filter })
    const { tookMs, stalledMs } = await watch(mailReport(monitor))
    expect(guard.now(monitor).status).toBe('up')
    expect(stalledMs).toBeLessThan(tookMs / 3)
  })

  test('while one is viewed', async () => {
    const { guard, project, backup } = moved
    await mailReport(backup)
    const viewer = await memberOf(guard, project, 'viewer')
    const page = viewer.read(`/monitors/${backup.uniqueKey}/pings/1`)
    const { tookMs, stalledMs } = await watch(page)
    expect(await page).toContain('all fine')
    expect(stalledMs).toBeLessThan(tookMs / 2)
  })

  test('while many are viewed, and one that is searched for keywords goes first', async () => {
    const { guard, project, backup } = moved
    const raw = Buffer.from(`Content-Type: text/html\r\n\r\n${ROW.repeat(100_000 / ROW.length)}`)
    const ping = { kind: 'success', runId: null, exitStatus: null, durationMs: null, at: guard.clock.now() } as const
    const origin = { scheme: 'email', method: '', remoteAddress: null, userAgent: '' } as const
    const numbers = Array.from({ length: 30 }, (_, index) => index + 1)
    guard.db.write((tx) => {
      for (const number of numbers)
        insertPing(tx, {
          ...ping,
          ...origin,
          reportedBy: null,
          monitorId: backup.id,
          number,
          ...wholeBody(new Uint8Array(raw)),
        })
    })
    let shown = 0
    const pages = numbers.map(async (number) => {
      await mailOf(guard.deps, { scheme: 'email', monitorId: backup.id, number })
      shown += 1
    })
    const filter = { successKeywords: 'all fine', body: true }
    await mailReport(guard.monitor(project, { name: 'reports', filter }))
    expect(shown).toBeLessThan(numbers.length)
    await Promise.all(pages)
  })
})
