import { expect, test } from 'bun:test'
import { asServiceUser } from '#lib/service-user.ts'

const USERS = [
  'root:x:0:0:root:/root:/bin/bash',
  'cronguard:x:998:998::/var/lib/cronguard:/usr/sbin/nologin',
  'ada:x:1000:1000::/home/ada:/bin/bash',
].join('\n')

test.each([
  ['the service', 998, 'sudo -u cronguard cronguard doctor'],
  ['root', 0, 'cronguard doctor'],
  ['a person', 1000, 'cronguard doctor'],
  ['a container without this user', 999, 'cronguard doctor'],
])('asServiceUser: a command for the process of %s', (_, uid, command) => {
  expect(asServiceUser('cronguard doctor', { uid, users: USERS })).toBe(command)
})
