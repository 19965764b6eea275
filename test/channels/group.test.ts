import { expect, test } from 'bun:test'
import { group } from '#channels/group.ts'
import { newUuid } from '#lib/tokens.ts'

const ids = (count: number) => Array.from({ length: count }, () => newUuid()).join(',')

test.each([
  ['no channel', '', 'Choose at least one channel.'],
  ['21 channels', ids(21), 'Choose at most 20 channels.'],
  ['something that is no id', 'email', 'Choose channels of this project.'],
  ['an empty id', `${newUuid()},`, 'Choose channels of this project.'],
])('group: refuses %s', (_what, members, message) => {
  const read = group.settings.safeParse({ members })
  expect(read.error?.issues.map((issue) => issue.message)).toContain(message)
})

test('group: keeps each channel once, and counts them in the summary', () => {
  const [one = '', another = ''] = ids(2).split(',')
  const settings = group.settings.parse({ members: `${one},${another},${one}` })
  expect(group.members?.(settings)).toEqual([one, another])
  expect(group.summary(settings)).toBe('2 channels')
  expect(group.settings.safeParse({ members: ids(20) }).success).toBe(true)
})
