import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync, type MqttClient } from 'mqtt'
import { generate, type IPublishPacket, type Packet, parser } from 'mqtt-packet'
import { sendThrough } from '#channels/index.ts'
import { changedSettings, type Message } from '#channels/kind.ts'
import { mqtt } from '#channels/mqtt.ts'
import type { Outcome } from '#domain/delivery.ts'
import { eventually, freePort } from '../support/binary.ts'
import { findProgram } from '../support/programs.ts'
import { BASE_URL, DELIVERY_ID, messageOf, notificationOf, type Receiver, testChannelKind } from './conformance.ts'
import { OUTPUT, PLAIN_TEXTS } from './expected.ts'
import { DOWN, GAP, HOSTILE_TEXTS, TEST, transportsTo, UP } from './service.ts'

const KEY = 'f'.repeat(40)
const STATE = `alerts/cron/${KEY}/state`
const CONFIG = `homeassistant/binary_sensor/cronguard_${KEY}/config`
const VALID = { server: 'mqtt://broker.example.org', topic: 'alerts/cron' }

/** A broker that acknowledges everything, or answers as it is told. */
class Broker implements Receiver {
  readonly receipts: Receiver['receipts'] = []
  readonly packets: Packet[] = []
  says: number | null = null
  /** The highest version that it knows. */
  version = 5
  /** The answer to a message, as a code of MQTT 5. */
  acknowledges: number | null = 0
  port = 0
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((socket) => {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    const reader = parser()
    let version = 4
    reader.on('packet', (packet) => {
      if (packet.cmd === 'connect') version = packet.protocolVersion ?? 4
      this.#answer(socket, packet, version)
    })
    reader.on('error', () => socket.destroy())
    socket.on('data', (chunk) => reader.parse(Buffer.from(chunk)))
  })

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.port = (this.#server.address() as AddressInfo).port
    return this
  }

  get published(): IPublishPacket[] {
    return this.packets.filter((packet) => packet.cmd === 'publish')
  }

  send(message: Message, change: Record<string, unknown> = {}): Promise<Outcome> {
    return sendTo(`mqtt://127.0.0.1:${this.port}`, message, change)
  }

  stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #answer(socket: Socket, packet: Packet, version: number): void {
    this.packets.push(packet)
    if (packet.cmd === 'connect') {
      if (version > this.version) socket.end(Buffer.from([0x20, 2, 0, 1]))
      else socket.write(connack(version, this.says ?? 0))
    } else if (packet.cmd === 'publish') {
      if (packet.topic === VALID.topic) this.receipts.push(receiptOf(packet, this.published))
      if (this.acknowledges === null) return
      const reasonCode = version === 5 ? { reasonCode: this.acknowledges } : {}
      socket.write(
        generate({ cmd: 'puback', messageId: packet.messageId ?? 0, ...reasonCode }, { protocolVersion: version }),
      )
    }
  }
}

function connack(version: number, code: number): Buffer {
  return version === 5
    ? generate({ cmd: 'connack', reasonCode: code, sessionPresent: false }, { protocolVersion: 5 })
    : generate({ cmd: 'connack', returnCode: code, sessionPresent: false })
}

function receiptOf({ payload }: IPublishPacket, published: IPublishPacket[]) {
  const json = JSON.parse(payload.toString())
  return {
    name: json.monitor,
    status: json.status,
    deliveryId: json.delivery,
    isTest: json.is_test,
    text: payload.toString(),
    structure: [...Object.keys(json), ...new Set(published.map(({ topic }) => topic))].filter(
      (part) => !json.is_test || !part.includes('/'),
    ),
  }
}

function sendTo(server: string, message: Message, change: Record<string, unknown> = {}): Promise<Outcome> {
  const settings = mqtt.settings.parse({ ...VALID, server, ...change })
  return sendThrough({ kind: mqtt, settings }, message, transportsTo(''))
}

testChannelKind({
  kind: 'mqtt',
  startReceiver: () => new Broker().open(),
  reach: ({ host, port, isSecure }) => ({
    settings: {
      ...VALID,
      server: `${isSecure ? 'mqtts' : 'mqtt'}://${host}:${port}`,
      username: 'cronguard',
      password: 'p4ss-of-the-broker',
      discovery: 'on',
      discoveryPrefix: 'homeassistant',
    },
    transports: transportsTo(''),
    close: () => {},
  }),
  invalidSettings: [
    ['no fields', {}],
    ['a web address', { ...VALID, server: 'http://broker.example.org' }],
    ['a password in the address', { ...VALID, server: 'mqtt://ada:secret@broker.example.org' }],
    ['a path', { ...VALID, server: 'mqtt://broker.example.org/topic' }],
    ['a port that does not exist', { ...VALID, server: 'mqtt://broker.example.org:70000' }],
    ['an address that is always refused', { ...VALID, server: 'mqtt://169.254.169.254' }],
    ['the same address in another notation', { ...VALID, server: 'mqtt://0xa9fea9fe' }],
    ['no topic', { ...VALID, topic: '' }],
    ['a wildcard for all topics', { ...VALID, topic: 'alerts/#' }],
    ['a wildcard for a level', { ...VALID, topic: 'alerts/+/down' }],
    ['a topic of the broker', { ...VALID, topic: '$SYS/broker' }],
    ['NUL in the topic', { ...VALID, topic: 'alerts\u0000' }],
    ['half a character in the topic', { ...VALID, topic: 'alerts\ud800' }],
    ['a topic of more than 200 bytes', { ...VALID, topic: '備'.repeat(67) }],
    ['a wildcard in the discovery prefix', { ...VALID, discoveryPrefix: '+' }],
  ],
  secrets: ['p4ss-of-the-broker'],
  refusals: [
    [137, 'status', false],
    [135, 'auth', false],
    [134, 'auth', false],
  ],
  giveUpMs: 15_000,
})

describe('mqtt', () => {
  let broker: Broker
  beforeEach(async () => {
    broker = await new Broker().open()
  })
  afterEach(() => broker.stop())

  const payloads = () => broker.published.map(({ topic, retain, qos, payload }) => [topic, retain, qos, `${payload}`])

  test('publishes one message with QoS 1 that is not kept', async () => {
    for (const message of [DOWN, UP, GAP, TEST]) {
      expect(await broker.send(message)).toEqual({ result: 'sent', detail: 'Acknowledged by the broker' })
    }
    expect(broker.published.map(({ topic, retain, qos }) => ({ topic, retain, qos }))).toEqual(
      Array(4).fill({ topic: 'alerts/cron', retain: false, qos: 1 }),
    )
    const [down, up, gap, sample] = broker.published.map(({ payload }) => JSON.parse(payload.toString()))
    expect(down).toMatchObject({
      status: 'down',
      title: 'Down: backup',
      message: PLAIN_TEXTS.down,
      output: OUTPUT,
      acknowledge_url: `${BASE_URL}/acknowledge/token`,
      delivery: DELIVERY_ID,
    })
    expect(up).toMatchObject({ status: 'up', message: PLAIN_TEXTS.up })
    expect(gap).toMatchObject({ status: 'offline', monitor: null, message: PLAIN_TEXTS.gap })
    expect(sample).toMatchObject({ monitor: 'TEST', is_test: true })
  })

  // The topics, the names of the fields and the rule for IDs (letters, digits, _ and -) are those of Home Assistant's
  // documentation of MQTT discovery, as rtlamr2mqtt (`helpers/ha_messages.py`) and rtl-haos (`docs/MQTT.md`) use them.
  test('adds a sensor to Home Assistant, whose state the broker keeps', async () => {
    for (const message of [DOWN, UP]) await broker.send(message, { discovery: 'on' })
    const state = (status: string, reason: string) =>
      JSON.stringify({
        status,
        reason,
        at: '2026-03-01T12:00:00.000Z',
        tags: ['db', 'prod'],
        url: `${BASE_URL}/monitors/${KEY}`,
      })
    const [config, down, event, , up] = payloads()
    expect(config?.slice(0, 3)).toEqual([CONFIG, true, 1])
    expect(JSON.parse(String(config?.[3]))).toEqual({
      name: 'backup',
      unique_id: `cronguard_${KEY}`,
      device_class: 'problem',
      state_topic: STATE,
      value_template: '{{ value_json.status }}',
      payload_on: 'down',
      payload_off: 'up',
      json_attributes_topic: STATE,
      device: {
        identifiers: [expect.stringMatching(/^cronguard_[0-9a-f]{16}$/)],
        name: 'CronGuard: Ops',
        manufacturer: 'CronGuard',
        configuration_url: BASE_URL,
      },
    })
    expect(down).toEqual([STATE, true, 1, state('down', 'fail')])
    expect(event?.slice(0, 3)).toEqual(['alerts/cron', false, 1])
    expect(up).toEqual([STATE, true, 1, state('up', 'ping')])
  })

  test('a test and a gap notice add no sensor', async () => {
    for (const message of [TEST, GAP]) await broker.send(message, { discovery: 'on' })
    expect(broker.published.map(({ topic }) => topic)).toEqual(['alerts/cron', 'alerts/cron'])
  })

  test('a combined message sets the state of each monitor', async () => {
    const others = ['a', 'b'].map((sign) => {
      const notification = notificationOf()
      return { ...notification, monitor: { ...notification.monitor, uniqueKey: sign.repeat(40) } }
    })
    await broker.send({ ...DOWN, summarized: others }, { discovery: 'on', discoveryPrefix: 'ha' })
    expect(broker.published.map(({ topic }) => topic)).toEqual([
      `ha/binary_sensor/cronguard_${'a'.repeat(40)}/config`,
      `alerts/cron/${'a'.repeat(40)}/state`,
      `ha/binary_sensor/cronguard_${'b'.repeat(40)}/config`,
      `alerts/cron/${'b'.repeat(40)}/state`,
      'alerts/cron',
    ])
  })

  test.each([['wildcards', '+/#/$SYS/\u0000/../'], ...HOSTILE_TEXTS])(
    'no topic contains %s of a name',
    async (_what, text) => {
      const message = messageOf(notificationOf({ name: text, project: text }))
      expect((await broker.send(message, { discovery: 'on' })).result).toBe('sent')
      expect(broker.published.map(({ topic }) => topic)).toEqual([CONFIG, STATE, 'alerts/cron'])
    },
  )

  test('is not sent before the broker acknowledges it', async () => {
    broker.acknowledges = 135
    expect(await broker.send(DOWN)).toEqual({
      result: 'failed',
      reason: 'auth',
      detail: 'The broker answered with code 135: not authorized',
      isPermanent: false,
    })
    broker.acknowledges = 151
    expect(await broker.send(DOWN)).toMatchObject({ result: 'failed', reason: 'status', isPermanent: false })
    // No matching subscribers.
    broker.acknowledges = 16
    expect(await broker.send(DOWN)).toMatchObject({ result: 'sent' })
  })

  test('speaks MQTT 3.1.1 with a broker that knows nothing newer', async () => {
    broker.version = 4
    expect(await broker.send(DOWN)).toMatchObject({ result: 'sent' })
    expect(broker.packets.map(({ cmd }) => cmd)).toEqual(['connect', 'connect', 'publish'])
    broker.says = 5
    expect(await broker.send(DOWN)).toMatchObject({ result: 'failed', reason: 'auth' })
  })

  test('signs in, with a client ID that all attempts of a delivery share', async () => {
    await broker.send(DOWN, { username: 'ada', password: 'lovelace' })
    await broker.send(DOWN)
    const [first, second] = broker.packets.filter((packet) => packet.cmd === 'connect')
    expect([first?.username, `${first?.password}`]).toEqual(['ada', 'lovelace'])
    expect(first?.clientId).toMatch(/^cronguard[0-9a-f]{14}$/)
    expect(second).toMatchObject({ clientId: first?.clientId ?? '', clean: true })
    expect(second?.username).toBeUndefined()
  })
})

test('mqtt: the password must be entered again for another broker', () => {
  const stored = { ...VALID, password: 'p4ss' }
  const change = (server: string) => changedSettings(mqtt, stored, { given: { server }, removed: [] })
  expect(() => change('mqtt://elsewhere.example.org')).toThrow('different server')
  expect(() => change('mqtt://broker.example.org:1884')).toThrow('different server')
  expect(change(`${VALID.server}/`).password).toBe('p4ss')
})

const program = findProgram('mosquitto')

describe.skipIf(program === null)('mqtt with Mosquitto', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cronguard-mosquitto-'))
  let server = ''
  let child: Bun.Subprocess
  let reader: MqttClient
  let received: [topic: string, payload: string, isRetained: boolean][] = []

  beforeAll(async () => {
    const port = await freePort()
    server = `mqtt://127.0.0.1:${port}`
    const passwords = join(folder, 'passwords')
    Bun.spawnSync(['mosquitto_passwd', '-b', '-c', passwords, 'ada', 'lovelace'])
    const rules = join(folder, 'rules')
    writeFileSync(rules, 'user ada\ntopic readwrite alerts/#\ntopic readwrite homeassistant/#\n')
    const config = join(folder, 'mosquitto.conf')
    const lines = [`listener ${port} 127.0.0.1`, 'user root', 'allow_anonymous false', `password_file ${passwords}`]
    writeFileSync(config, [...lines, `acl_file ${rules}`, ''].join('\n'))
    child = Bun.spawn([program?.path ?? '', '-c', config], { stdout: 'ignore', stderr: 'ignore' })
    const options = { username: 'ada', password: 'lovelace', reconnectPeriod: 0 }
    reader = await eventually('Mosquitto', () => connectAsync(server, options).catch(() => null))
    reader.on('message', (topic, payload, { retain }) => received.push([topic, payload.toString(), retain]))
    await reader.subscribeAsync('#', { qos: 1 })
  })
  afterEach(() => {
    received = []
  })
  afterAll(async () => {
    reader?.end(true)
    child?.kill()
    await child?.exited
    rmSync(folder, { recursive: true, force: true })
  })

  const send = (change: Record<string, unknown> = {}) =>
    sendTo(server, DOWN, { username: 'ada', password: 'lovelace', ...change })

  test('subscribers get the notification', async () => {
    expect(await send()).toEqual({ result: 'sent', detail: 'Acknowledged by the broker' })
    const [topic, payload] = await eventually('a message', () => received[0])
    expect([topic, JSON.parse(payload).title]).toEqual(['alerts/cron', 'Down: backup'])
  })

  test('later subscribers get the sensor and its state, but not the notification', async () => {
    expect((await send({ discovery: 'on' })).result).toBe('sent')
    await eventually('a message', () => received.find(([topic]) => topic === 'alerts/cron'))
    received = []
    await reader.unsubscribeAsync('#')
    await reader.subscribeAsync('#', { qos: 1 })
    await eventually('a message', () => received.length >= 2)
    expect(received.map(([topic, , isRetained]) => [topic, isRetained]).sort()).toEqual([
      [STATE, true],
      [CONFIG, true],
    ])
  })

  test('fails with the wrong password, and for a topic that is not allowed', async () => {
    expect(await send({ password: 'byron' })).toMatchObject({ result: 'failed', reason: 'auth', isPermanent: false })
    expect(await send({ topic: 'elsewhere' })).toMatchObject({
      result: 'failed',
      detail: 'The broker answered with code 135: not authorized',
    })
  })
})
