import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Binary } from '../support/binary.ts'

const EMAIL = 'you@example.org'
const OLD = 'correct horse battery'

describe('User commands, next to a running server,', () => {
  let cronguard: Binary

  beforeAll(async () => {
    cronguard = await Binary.prepare()
    await cronguard.start()
    await cronguard.run(['user', 'create', EMAIL, '--password-stdin'], { input: `${OLD}\n` })
    await cronguard.run(['user', 'create', 'boss@example.org', '--admin'])
  })

  afterAll(() => cronguard.dispose())

  test('reset-password prints a new password, and ends the old one and all sessions', async () => {
    const cookie = await signIn(OLD)
    expect(await settings(cookie)).toBe(200)
    const { exitCode, stdout } = await cronguard.run(['user', 'reset-password', EMAIL.toUpperCase()])
    const made = /Password: (\S+)/.exec(stdout)?.[1] ?? ''
    expect([exitCode, made.length]).toEqual([0, 20])
    expect(await settings(cookie)).toBe(303)
    expect(await signIn(OLD)).toBe('')
    expect(await settings(await signIn(made))).toBe(200)
  })

  test('reset-password reads the password from standard input, and prints none', async () => {
    const args = ['user', 'reset-password', EMAIL, '--password-stdin']
    const { exitCode, stdout } = await cronguard.run(args, { input: 'staple staple staple\n' })
    expect([exitCode, stdout]).toEqual([0, `${EMAIL} has a new password and is signed out everywhere.\n`])
    expect(await settings(await signIn('staple staple staple'))).toBe(200)
  })

  test('refuse a short password and an unknown user, and change nothing', async () => {
    const short = await cronguard.run(['user', 'reset-password', EMAIL, '--password-stdin'], { input: 'short\n' })
    expect([short.exitCode, short.stderr]).toEqual([1, expect.stringContaining('at least 10 characters')])
    for (const args of [
      ['reset-password', EMAIL],
      ['create', 'new@example.org'],
    ]) {
      const weak = await cronguard.run(['user', ...args, '--password-stdin'], { input: 'Password2024\n' })
      expect([weak.exitCode, weak.stderr]).toEqual([1, expect.stringContaining('too common')])
    }
    const unknown = await cronguard.run(['user', 'reset-password', 'nobody@example.org'])
    expect([unknown.exitCode, unknown.stdout, unknown.stderr]).toEqual([
      1,
      '',
      'No user has the email address nobody@example.org.\n',
    ])
  })

  test('list all users, as text and JSON', async () => {
    expect((await cronguard.run(['user', 'list'])).stdout).toBe(`${EMAIL}  user\nboss@example.org  admin\n`)
    const listed = JSON.parse((await cronguard.run(['user', 'list', '--json'])).stdout)
    expect(listed).toEqual([
      { id: expect.any(String), email: EMAIL, name: '', admin: false, created_at: expect.stringMatching(/Z$/) },
      expect.objectContaining({ email: 'boss@example.org', admin: true }),
    ])
  })

  /** The session cookie; empty if the email address or password is wrong. */
  async function signIn(password: string): Promise<string> {
    const response = await fetch(`${cronguard.url}/login`, {
      method: 'POST',
      body: new URLSearchParams({ email: EMAIL, password }),
      redirect: 'manual',
    })
    const [cookie = ''] = response.headers.getSetCookie()
    return response.status === 303 ? (cookie.split(';')[0] ?? '') : ''
  }

  async function settings(cookie: string): Promise<number> {
    return (await fetch(`${cronguard.url}/settings`, { headers: { cookie }, redirect: 'manual' })).status
  }
})
