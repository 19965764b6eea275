import { expect, test } from 'bun:test'
import { composeTest } from '#domain/notification.ts'
import { contentOf, pageLinks } from '#words/message.ts'
import { leadingNotification, summaryDetails, summaryTitle } from '#words/summary.ts'

const AT = Date.UTC(2026, 2, 1, 12)
const about = (name: string, status: 'down' | 'up') => {
  const sample = composeTest({ project: 'Home', now: AT })
  return { ...sample, status, isTest: false, monitor: { ...sample.monitor, name } }
}

test.each([
  [['down', 'down', 'up'], '2 monitors down, 1 recovered'],
  [['down'], '1 monitor down'],
  [['up'], '1 monitor recovered'],
  [['up', 'up'], '2 monitors recovered'],
] as const)('summaryTitle: %p is “%s”', (statuses, title) => {
  expect(summaryTitle(statuses.map((status) => about('backup', status)))).toBe(title)
})

test('summaryDetails: has a line with the time for each notification, in order', () => {
  const lines = summaryDetails([about('backup', 'down'), about('nas', 'up')], 'UTC').split('\n')
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(/^Down: backup \(.*12:00.*UTC\)$/)
  expect(lines[1]).toMatch(/^Up: nas \(/)
})

test('leadingNotification: the first notification that is down decides how the message looks', () => {
  const [up, down] = [about('nas', 'up'), about('backup', 'down')].map((notification) => ({ notification }))
  if (!up || !down) throw new Error('There are two')
  expect(leadingNotification(up, [down])).toBe(down)
  expect(leadingNotification(up, [])).toBe(up)
})

test('contentOf: a message about several monitors has no output, no facts and no link to one of them', () => {
  const all = [about('backup', 'down'), about('nas', 'up')]
  const [notification] = all
  if (!notification) throw new Error('There is one')
  const baseUrl = 'https://cronguard.example.org'
  const links = pageLinks(notification, baseUrl)
  const content = contentOf({ notification, summarized: all, baseUrl, zone: 'UTC', links, output: null, late: null })
  expect(content).toMatchObject({ title: '1 monitor down, 1 recovered', status: 'down', facts: [], output: null })
  expect(content.links).toEqual([{ label: 'Open CronGuard', url: `${baseUrl}/` }])
})
