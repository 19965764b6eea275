import { createOutbound, type Outbound, type OutboundOptions } from '#lib/outbound.ts'

export const PRIVATE_ADVICE = 'It must be named.'

/** Allows private addresses by default. */
export function newOutbound(options: Partial<OutboundOptions> = {}): Outbound {
  return createOutbound({ allowsPrivate: true, allow: [], privateAdvice: PRIVATE_ADVICE, ...options })
}
