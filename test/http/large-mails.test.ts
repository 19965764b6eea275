// Large emails are parsed in a worker, so that pings are answered meanwhile.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Monitor } from '#domain/monitor.ts'
import { mailOf } from '#http/mails.ts'
import type { MailListener } from '#http/smtp.ts'
import { insertPing } from '#store/pings.ts'
import { wholeBody } from '../support/bodies.ts'
import { Moved } from '../support/moved.ts'
import { mailAddressOf, mailSettings, sendMail, startMailListener } from '../support/ping-mail.ts'
import { nextTurn } from '../support/turn.ts'
import { memberOf } from '../support/visitor.ts'

let moved: Moved
let listener: MailListener

beforeEach(async () => {
  moved = new Moved([], { ...(await mailSettings()), CRONGUARD_PING_BODY_LIMIT: '1000000' })
  listener = await startMailListener(moved.guard)
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
      await nextTurn()
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

/** Sends an email of nearly a megabyte. */
async function mailReport(monitor: Monitor): Promise<void> {
  const html = `<table>${ROW.repeat(940_000 / ROW.length)}</table>`
  await sendMail(listener, { to: mailAddressOf(monitor), html })
}

describe('Large emails do not block pings', () => {
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
