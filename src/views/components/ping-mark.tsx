import type { PingKind } from '#domain/ping.ts'
import { PING_WORDS } from '#words/ping.ts'
import { StatusShape } from './status.tsx'

/** Beside the shapes of up and down, which a success and a failure have: a triangle, lines, a crossed ring. */
const SHAPES: Record<Exclude<PingKind, 'success' | 'fail'>, string> = {
  start: 'M3.500 1.500v13L14.500 8z',
  log: 'M2 3h12v2H2zm0 4h12v2H2zm0 4h8v2H2z',
  ignored:
    'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zm0 1.800a5.200 5.200 0 0 1 3.100 1L3.800 11.100A5.200 5.200 0 0 1 8 2.800z' +
    'm0 10.400a5.200 5.200 0 0 1-3.100-1l7.300-7.300A5.200 5.200 0 0 1 8 13.200z',
}

/** What a ping reported, as shape, word and color. */
export function PingMark({ kind }: { kind: PingKind }) {
  return (
    <span class={`ping-mark ping-${kind}`}>
      <PingShape kind={kind} />
      {PING_WORDS[kind]}
    </span>
  )
}

function PingShape({ kind }: { kind: PingKind }) {
  if (kind === 'success') return <StatusShape status="up" />
  if (kind === 'fail') return <StatusShape status="down" />
  return (
    <svg class="status-shape" viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[kind]} />
    </svg>
  )
}
