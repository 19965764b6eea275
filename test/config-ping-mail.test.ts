import { describe, expect, test } from 'bun:test'
import { hostname } from 'node:os'
import { readConfig } from '#config.ts'

describe('readConfig: pings by email', () => {
  test.each([
    { env: {}, pingMail: { host: '127.0.0.1', domain: hostname().toLowerCase() } },
    { env: { CRONGUARD_HOST: '::' }, pingMail: { host: '::', domain: 'localhost' } },
    { env: { CRONGUARD_BASE_URL: 'https://Cron.example.com' }, pingMail: { domain: 'cron.example.com' } },
  ])('use the host and domain of the server by default: %j', ({ env, pingMail }) => {
    expect(readConfig({ ...env, CRONGUARD_SMTPD_PORT: '2525' }).pingMail).toMatchObject({ port: 2525, ...pingMail })
  })
})
