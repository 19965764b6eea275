import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { SECOND } from '#lib/duration.ts'
import { exchangeLines } from '#lib/line-exchange.ts'
import type { NetworkFailure } from '#lib/network.ts'
import { refusalOf } from '#lib/outbound.ts'
import { contentOf } from '#words/message.ts'
import { blockedOutcome, type ChannelKind, type Message, networkOutcome, type Transports } from './kind.ts'
import { RECIPIENT_FIELD, recipient, signalText } from './shared/signal.ts'

interface SignalRpcSettings {
  server: string
  tls?: 'on' | undefined
  account?: string | undefined
  to: string
}

const CONNECT_MS = 10 * SECOND
/** Signal's servers may be slow. */
const ANSWER_MS = 30 * SECOND
/** signal-cli also sends the messages that it receives. */
const RECEIVED_MAX = 1_000_000

const SERVER = /^(\[[\da-f:.]+\]|[^\s:/@?#[\]]+):(\d{1,5})$/i

export const signalRpc: ChannelKind<SignalRpcSettings> = {
  kind: 'signal-rpc',
  label: 'Signal (signal-cli)',
  group: 'Phone',
  offer: 'Sends Signal messages through your own signal-cli daemon.',
  guide: 'signal',
  needsMailServer: false,
  fields: [
    {
      name: 'server',
      label: 'Host and port',
      help: 'Where “signal-cli daemon --tcp” listens, such as localhost:7583.',
      type: 'text',
      isRequired: true,
      link: { label: 'Run signal-cli', url: 'https://github.com/AsamK/signal-cli/wiki/JSON-RPC-service' },
    },
    {
      name: 'tls',
      label: 'Connect with TLS',
      help: 'Only if signal-cli is behind a TLS proxy.',
      type: 'flag',
      isRequired: false,
    },
    {
      name: 'account',
      label: 'Account',
      help: "The sender's phone number. Required if signal-cli has several accounts, and to quote earlier messages.",
      type: 'text',
      isRequired: false,
    },
    RECIPIENT_FIELD,
  ],
  settings: z.object({
    server: z
      .string()
      .refine((text) => SERVER.test(text) && URL.canParse(`http://${text}`), {
        error: 'Enter a host and a port, such as localhost:7583.',
        abort: true,
      })
      .refine((text) => refusalOf(new URL(`http://${text}`)) === null, {
        error: ({ input }) => refusalOf(new URL(`http://${input}`)) ?? '',
      }),
    tls: z.literal('on').optional(),
    account: z.string().max(100).optional(),
    to: recipient(),
  }),
  summary: ({ server, to }) => `${to} through ${server}`,
  send,
}

// signal-cli accepts no ID from us, so a retry after a lost answer sends the message twice.
async function send(settings: SignalRpcSettings, message: Message, { outbound }: Transports): Promise<Outcome> {
  const [, host = '', port = ''] = SERVER.exec(settings.server) ?? []
  const connection = { host, port: Number(port), isTls: settings.tls === 'on', timeoutMs: CONNECT_MS }
  const result = await outbound.connect(connection)
  if (result.kind === 'failure') return networkOutcome(result)
  if (result.kind === 'blocked') return blockedOutcome(result)
  try {
    const answer = await exchangeLines(result.socket, {
      request: JSON.stringify(requestOf(settings, message)),
      read: (line) => answerTo(message.deliveryId, line),
      timeoutMs: ANSWER_MS,
      receivedMax: RECEIVED_MAX,
    })
    return outcomeOf(answer)
  } finally {
    result.socket.destroy()
  }
}

function requestOf({ account, to }: SignalRpcSettings, message: Message) {
  const { text, styles } = signalText(contentOf(message))
  const { receipt } = message.thread
  return {
    jsonrpc: '2.0',
    method: 'send',
    params: {
      ...(account && { account }),
      ...targetOf(to),
      message: text,
      textStyle: styles.map(({ start, length, style }) => `${start}:${length}:${style}`),
      ...(account && receipt && { quoteTimestamp: Number(receipt), quoteAuthor: account }),
    },
    id: message.deliveryId,
  }
}

function targetOf(to: string) {
  if (/^\+\d{5,15}$|^u:|^[\da-f]{8}-[\da-f-]{27}$/i.test(to)) return { recipient: [to] }
  return /^[^\s/+=]+\.\d+$/.test(to) ? { recipient: [`u:${to}`] } : { groupId: to }
}

interface Answer {
  kind: 'answer'
  id?: unknown
  result?: { timestamp?: number }
  error?: { code?: number; message?: string; data?: { response?: { results?: { type?: string }[] } } }
}

function answerTo(id: string, line: string): Answer | null {
  try {
    const answer = JSON.parse(line)
    return answer?.id === id ? { ...answer, kind: 'answer' } : null
  } catch {
    return null
  }
}

function outcomeOf(answer: Answer | NetworkFailure): Outcome {
  if (answer.kind === 'failure') return networkOutcome(answer)
  const { result, error } = answer
  if (!error) {
    const { timestamp } = result ?? {}
    return { result: 'sent', detail: 'Accepted by signal-cli', ...(timestamp && { receipt: String(timestamp) }) }
  }
  const types = (error.data?.response?.results ?? []).flatMap(({ type }) => type ?? [])
  const reason = [error.message, types.join(', ')].filter(Boolean).join(': ')
  return {
    result: 'failed',
    reason: 'status',
    detail: `signal-cli answered with error ${error.code ?? 'unknown'}: ${reason}`,
    isPermanent: types.length > 0 && types.every((type) => type === 'UNREGISTERED_FAILURE'),
  }
}
