import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { sendThrough } from '#channels/index.ts'
import type { Message } from '#channels/kind.ts'
import { shell } from '#channels/shell.ts'
import { ProgramsFolder } from '../support/programs-folder.ts'
import { AT, BASE_URL, DELIVERY_ID, messageOf, notificationOf, THREAD_KEY } from './conformance.ts'
import { OUTPUT, PLAIN_TEXTS } from './expected.ts'
import { DOWN, GAP, HOSTILE_TEXTS, TEST, transportsTo, UP } from './service.ts'

let folder: ProgramsFolder
beforeEach(() => {
  folder = new ProgramsFolder()
  // The variables as a program gets them: separated by NUL, so that line breaks stay.
  folder.install('notify', 'tr "\\0" "\\001" < /proc/self/environ')
})
afterEach(() => folder.dispose())

function send(message: Message, program = 'notify', programs: string | null = folder.path) {
  const settings = shell.settings.parse({ program })
  return sendThrough({ kind: shell, settings }, message, { ...transportsTo(''), programs })
}

async function variablesOf(message: Message): Promise<Record<string, string>> {
  const outcome = await send(message)
  expect(outcome).toMatchObject({ result: 'sent', detail: 'The program ended with exit code 0' })
  const lines = outcome.output?.text.split('\u0001').filter((line) => line !== '') ?? []
  const variables = lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
  return Object.fromEntries(variables.filter(([name]) => !['PWD', '_', 'OLDPWD', 'SHLVL'].includes(name ?? '')))
}

describe('shell', () => {
  test('passes the message as variables, and nothing else', async () => {
    expect(await variablesOf(DOWN)).toEqual({
      PATH: '/usr/local/bin:/usr/bin:/bin',
      LANG: 'C.UTF-8',
      ALERT_STATUS: 'down',
      ALERT_TITLE: 'Down: backup',
      ALERT_MESSAGE: PLAIN_TEXTS.down,
      ALERT_MONITOR: 'backup',
      ALERT_SLUG: 'backup',
      ALERT_TAGS: 'db prod',
      ALERT_PROJECT: 'Ops',
      ALERT_REASON: 'fail',
      ALERT_OUTPUT: OUTPUT,
      ALERT_AT: new Date(AT).toISOString(),
      ALERT_URL: `${BASE_URL}/monitors/${'f'.repeat(40)}`,
      ALERT_ACKNOWLEDGE_URL: `${BASE_URL}/acknowledge/token`,
      ALERT_IS_TEST: 'false',
      ALERT_INCIDENT: THREAD_KEY,
      ALERT_DELIVERY: DELIVERY_ID,
    })
    expect(await variablesOf(UP)).toMatchObject({ ALERT_STATUS: 'up', ALERT_OUTPUT: '', ALERT_ACKNOWLEDGE_URL: '' })
    expect(await variablesOf(GAP)).toMatchObject({ ALERT_STATUS: 'offline', ALERT_MONITOR: '' })
    expect(await variablesOf(TEST)).toMatchObject({ ALERT_MONITOR: 'TEST', ALERT_IS_TEST: 'true' })
  })

  test.each([
    ...HOSTILE_TEXTS,
    ['commands', '$(reboot) `reboot` ; reboot | reboot > /etc/passwd \' " \\ -rf'],
    ['a function', '() { :; }; reboot'],
  ])('passes %s unchanged', async (_what, text) => {
    const message = { ...messageOf(notificationOf({ name: text })), output: { text, isCut: false } }
    const variables = await variablesOf(message)
    expect(variables).toMatchObject({ ALERT_MONITOR: text, ALERT_OUTPUT: text })
    expect(Object.keys(variables)).toHaveLength(17)
  })

  test('leaves out NUL, which would end a value', async () => {
    expect(await variablesOf(messageOf(notificationOf({ name: 'a\0b' })))).toMatchObject({ ALERT_MONITOR: 'ab' })
  })

  test('fails if the program does, and can be retried', async () => {
    folder.install('broken', 'echo no modem >&2; exit 7')
    expect(await send(DOWN, 'broken')).toEqual({
      result: 'failed',
      reason: 'status',
      detail: 'The program ended with exit code 7',
      isPermanent: false,
      output: { text: 'no modem\n', isCut: false },
    })
    expect(await send(DOWN, 'missing')).toMatchObject({
      reason: 'settings',
      detail: 'missing does not exist or is not executable',
      isPermanent: false,
    })
  })

  test('keeps 64,000 bytes of output', async () => {
    folder.install('chatty', 'head -c 200000 /dev/zero | tr "\\0" x')
    const { output } = await send(DOWN, 'chatty')
    expect([output?.text.length, output?.isCut]).toEqual([64_000, true])
  })

  test('runs nothing while programs are disabled', async () => {
    folder.install('mark', `touch "${folder.path}/ran"; echo x > "${folder.path}/ran"`)
    expect(await send(DOWN, 'mark', null)).toMatchObject({ result: 'failed', reason: 'settings', isPermanent: false })
    expect(folder.read('ran')).toBe('')
  })

  test.each([{}, { program: '' }, { program: '../sh' }, { program: '/bin/sh' }, { program: 'notify -v' }])(
    'refuses the settings %j',
    (settings) => {
      expect(shell.settings.safeParse(settings).success).toBe(false)
    },
  )
})
