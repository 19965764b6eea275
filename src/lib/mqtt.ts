// Publishes messages to an MQTT broker over a connection that is already open.
import { MqttClient } from 'mqtt'
import { type NetworkFailure, networkFailure, networkFailureOf } from './network.ts'
import type { Connected } from './outbound.ts'

export interface Publishing {
  clientId: string
  username?: string | undefined
  password?: string | undefined
  /** 5, or 4 for MQTT 3.1.1. */
  version: 4 | 5
  /** They are published in order. */
  messages: readonly { topic: string; payload: string; isRetained: boolean }[]
  timeoutMs: number
}

/** `refused`: the broker answered with the code of an error. */
export type PublishResult = { kind: 'published' } | { kind: 'refused'; code: number } | NetworkFailure

/** A broker only has to acknowledge. */
const RECEIVED_MAX = 64_000

/** Resolves when the broker has acknowledged all messages. The caller destroys the socket. */
export function publish(socket: Connected['socket'], publishing: Publishing): Promise<PublishResult> {
  const { clientId, username, password, version, messages, timeoutMs } = publishing
  return new Promise((resolve) => {
    // The client never reconnects, so it never asks for a second stream.
    const client = new MqttClient(() => socket, {
      clientId,
      ...(username && { username }),
      ...(password && { password }),
      protocolVersion: version,
      reconnectPeriod: 0,
      keepalive: 0,
      timerVariant: 'native',
    })
    const finish = (result: PublishResult): void => {
      clearTimeout(timer)
      client.end(true)
      resolve(result)
    }
    const timer = setTimeout(() => finish(networkFailure('timeout')), timeoutMs)
    client.on('error', (error) => finish(failureOf(error)))
    client.on('close', () => finish(networkFailure('connection')))
    client.on('connect', async () => {
      try {
        for (const { topic, payload, isRetained } of messages) {
          await client.publishAsync(topic, payload, { qos: 1, retain: isRetained })
        }
        finish({ kind: 'published' })
      } catch (error) {
        finish(failureOf(error))
      }
    })
    let received = 0
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (received > RECEIVED_MAX) finish(networkFailure('connection', 'the answer is too long'))
    })
  })
}

function failureOf(error: unknown): PublishResult {
  const { code } = error as { code?: unknown }
  return typeof code === 'number' ? { kind: 'refused', code } : networkFailureOf(error)
}
