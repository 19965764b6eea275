import { expect, test } from 'bun:test'
import { composeTest } from '#domain/notification.ts'
import { contentOf, pageLinks } from '#words/message.ts'
import { leadingNotification, summaryDetails, summaryTitle } from '#words/summary.ts'

const AT = Date.UTC(2026, 2, 1, 12)
const about = (name: string, status: 'down' | 'up') => {
  const sample = composeTest({ project: 'Home', now: AT })
  return { ...sample, status, isTest: false, monitor: { ...sample.monitor, name, uniqueKey: name } }
}

test.each([
  [['down', 'down', 'up'], '2 monitors down, 1 recovered'],
  [['down'], '1 monitor down'],
  [['up'], '1 monitor recovered'],
  [['up', 'up'], '2 monitors recovered'],
] as const)('summaryTitle: %p is “%s”', (statuses, title) => {
  expect(summaryTitle(statuses.map((status, index) => about(`backup-${index}`, status)))).toBe(title)
})

test('summaryDetails: has a line with the time for each notification, in order', () => {
  const lines = summaryDetails([about('backup', 'down'), about('nas', 'up')], 'UTC').split('\n')
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(/^Down: backup \(.*12:00.*UTC\)$/)
  expect(lines[1]).toMatch(/^Up: nas \(/)
})

test('summaryDetails: a monitor that went down and recovered is one line, with both times', () => {
  const later = AT + 20 * 60_000
  const all = [about('backup', 'down'), about('nas', 'down'), { ...about('backup', 'up'), at: later }]
  expect(summaryDetails(all, 'UTC').split('\n')).toEqual([
    'Was down: backup (1 Mar 2026, 12:00:00 to 1 Mar 2026, 12:20:00 UTC)',
    'Down: nas (1 Mar 2026, 12:00:00 UTC)',
  ])
  expect(summaryTitle(all)).toBe('1 monitor down, 1 recovered')
})

test('summaryDetails: what was said between is part of the incident, and the next incident is another line', () => {
  const down = about('backup', 'down')
  const escalation = { ...down, again: { at: AT, is: 'escalation' } as const }
  const lines = summaryDetails([down, escalation, about('backup', 'up'), down], 'UTC').split('\n')
  expect(lines.map((line) => line.replace(/ \(.*/, ''))).toEqual(['Was down: backup', 'Down: backup'])
})

test('leadingNotification: what recovered in the same message does not make it look down', () => {
  const all = ['down', 'up'].map((status) => ({ notification: about('backup', status as 'down' | 'up') }))
  const [down, up] = all
  if (!down || !up) throw new Error('There are two')
  expect(leadingNotification(down, [up])).toBe(up)
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
