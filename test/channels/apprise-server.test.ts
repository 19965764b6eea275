// Apprise with the library behind it that a real Apprise API server uses.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { apprise } from '#channels/apprise.ts'
import { sendThrough } from '#channels/index.ts'
import type { Message } from '#channels/kind.ts'
import { installPythonPackage } from '../support/programs.ts'
import { BASE_URL } from './conformance.ts'
import { OUTPUT } from './expected.ts'
import { DOWN, transportsTo, UP } from './service.ts'

const python = await installPythonPackage('apprise==2.3.0')
afterAll(() => python?.dispose())

describe.skipIf(python === null)('Apprise with its own library', () => {
  /** What a service behind Apprise receives. */
  let received: { path: string; body: Record<string, unknown> }[] = []
  let status = 200
  let service: Bun.Server<undefined>
  let server: { base: string; stop(): Promise<void> }

  beforeAll(async () => {
    service = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: async (request) => {
        received.push({ path: new URL(request.url).pathname, body: (await request.json()) as Record<string, unknown> })
        return new Response('', { status })
      },
    })
    const url = (path: string) => `json://127.0.0.1:${service.port}/${path}`
    server = await startServer({
      team: [
        [url('ops'), 'ops'],
        [url('office'), 'office'],
      ],
    })
  })
  beforeEach(() => {
    received = []
    status = 200
  })
  afterEach(() => {
    received = []
  })
  afterAll(async () => {
    await server.stop()
    await service.stop(true)
  })

  async function startServer(configurations: Record<string, [url: string, tag: string][]>) {
    const script = join(import.meta.dir, '../support/apprise-server.py')
    const child = Bun.spawn([python?.path ?? '', script, JSON.stringify(configurations)], { stdout: 'pipe' })
    const reader = child.stdout.getReader()
    const { value } = await reader.read()
    reader.releaseLock()
    return {
      base: `http://127.0.0.1:${new TextDecoder().decode(value).trim()}`,
      stop: async () => {
        child.kill()
        await child.exited
      },
    }
  }

  function send(message: Message, settings: Record<string, unknown>) {
    const parsed = apprise.settings.parse({ server: server.base, ...settings })
    return sendThrough({ kind: apprise, settings: parsed }, message, transportsTo(''))
  }

  test('notifies all services of a configuration', async () => {
    expect((await send(DOWN, { key: 'team' })).result).toBe('sent')
    expect(received.map(({ path }) => path).sort()).toEqual(['/office', '/ops'])
    expect(received[0]?.body).toMatchObject({ title: 'Down: backup', type: 'failure' })
    expect(received[0]?.body.message).toContain(OUTPUT.replace('<disk>', '<\u2060disk>'))
    expect(received[0]?.body.message).toContain(`Acknowledge: ${BASE_URL}/acknowledge/token`)
  })

  test('notifies the services with a tag', async () => {
    expect((await send(UP, { key: 'team', tag: 'ops' })).result).toBe('sent')
    expect(received.map(({ path, body }) => [path, body.title, body.type])).toEqual([['/ops', 'Up: backup', 'success']])
  })

  test('notifies a service whose URL is in the request', async () => {
    expect((await send(DOWN, { urls: `json://127.0.0.1:${service.port}/direct` })).result).toBe('sent')
    expect(received.map(({ path }) => path)).toEqual(['/direct'])
  })

  test('fails if a service refuses the message', async () => {
    status = 500
    expect(await send(DOWN, { key: 'team', tag: 'ops' })).toMatchObject({
      result: 'failed',
      detail: 'Received status code 424: One or more notification could not be sent',
      isPermanent: false,
    })
  })

  test('fails if no configuration has the key, or no service the tag', async () => {
    expect(await send(DOWN, { key: 'other' })).toMatchObject({ result: 'failed', isPermanent: false })
    expect(await send(DOWN, { key: 'team', tag: 'nowhere' })).toMatchObject({ result: 'failed', isPermanent: false })
    expect(received).toEqual([])
  })

  test('fails if Apprise does not know the service', async () => {
    expect(await send(DOWN, { urls: 'nonsense://example.org' })).toMatchObject({ result: 'failed' })
  })
})
