import type { Mail, Mailer, MailResult } from '#lib/mail.ts'
import { type NetworkReason, networkFailure } from '#lib/network.ts'
import type { ConnectionResult, Outbound, OutboundRequest, OutboundResult } from '#lib/outbound.ts'

/** Replaces the internet: keeps what is sent, and can be made to fail. */
export interface Outside {
  mails: Mail[]
  calls: Call[]
  outbound: Outbound
  mailer: Mailer
  /** Makes mails and requests fail like this; null: they succeed. */
  failWith(reason: NetworkReason | null): void
  /** Makes requests fail whose URL contains this part; null: none. */
  failCallsTo(part: string | null): void
  /** Holds the answer of the next request until `letGo`. */
  holdNextCall(): HeldCall
  /** Subjects of the mails that arrived. */
  subjects(): string[]
}

/** A request, with its body as text. */
export interface Call extends OutboundRequest {
  body: string
}

export interface HeldCall {
  /** Resolves when the request has been sent. */
  arrived: Promise<void>
  letGo(): void
}

export function newOutside(): Outside {
  const mails: Mail[] = []
  const calls: Call[] = []
  let failure: NetworkReason | null = null
  let failingPart: string | null = null
  let hold: (() => Promise<void>) | null = null

  const sendMail = async (mail: Mail): Promise<MailResult> => {
    if (failure) return { ...networkFailure(failure), isPermanent: false }
    mails.push(mail)
    return { kind: 'sent', detail: '250 OK' }
  }
  const call = async (request: OutboundRequest): Promise<OutboundResult> => {
    const held = hold?.()
    hold = null
    await held
    if (failure) return networkFailure(failure)
    if (failingPart && request.url.includes(failingPart)) return networkFailure('refused')
    calls.push({ ...request, body: textOf(request) })
    return answerOf(200)
  }
  return {
    mails,
    calls,
    outbound: { send: call, connect: cannotConnect, close: () => {} },
    mailer: { send: sendMail, close: () => {} },
    failWith: (reason) => {
      failure = reason
    },
    failCallsTo: (part) => {
      failingPart = part
    },
    holdNextCall: () => {
      const arrived = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      hold = () => {
        arrived.resolve()
        return released.promise
      }
      return { arrived: arrived.promise, letGo: released.resolve }
    },
    subjects: () => mails.map(({ subject }) => subject),
  }
}

/** An answer without headers and body. */
export function answerOf(status: number): OutboundResult {
  return { kind: 'answer', status, headers: {}, body: '' }
}

export function textOf({ body }: Pick<OutboundRequest, 'body'>): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body)
}

export async function cannotConnect(): Promise<ConnectionResult> {
  return networkFailure('refused')
}
