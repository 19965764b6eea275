import { expect, test } from 'bun:test'
import { localAddress } from '#lib/host.ts'

test.each([
  ['127.0.0.1', '127.0.0.1:8000'],
  ['0.0.0.0', '127.0.0.1:8000'],
  ['::', '[::1]:8000'],
  ['fd00::7', '[fd00::7]:8000'],
  ['cron.internal', 'cron.internal:8000'],
])('localAddress: a server on %s is reached at %s', (host, called) => {
  expect(localAddress({ host, port: 8000 })).toBe(called)
})
