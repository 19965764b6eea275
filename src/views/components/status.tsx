import type { ShownStatus } from '#domain/status.ts'

/** Each status has its own shape, because color alone must not convey it. */
const SHAPES: Record<ShownStatus, string> = {
  up: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zm-1 10L3.800 7.800l1.300-1.300L7 8.400l4-4 1.300 1.300z',
  late: 'M8 1 .5 14.500h15zM7.100 6h1.800v4.500H7.100zm0 5.500h1.800v1.700H7.100z',
  down:
    'M4.800.5h6.400l4.300 4.300v6.400l-4.300 4.300H4.800L.5 11.200V4.800z' +
    'M5 3.800 3.800 5l3 3-3 3L5 12.200l3-3 3 3 1.200-1.200-3-3 3-3L11 3.800l-3 3z',
  paused: 'M2 2h12v12H2zm3.500 3v6h1.700V5zm3.300 0v6h1.700V5z',
  new: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2z',
}

export const STATUS_WORDS: Record<ShownStatus, string> = {
  up: 'Up',
  late: 'Late',
  down: 'Down',
  paused: 'Paused',
  new: 'New',
}

/** The status as shape, word and color. */
export function StatusMark({ status }: { status: ShownStatus }) {
  return (
    <span class={`status status-${status}`}>
      <StatusShape status={status} />
      {STATUS_WORDS[status]}
    </span>
  )
}

export function StatusShape({ status }: { status: ShownStatus }) {
  return (
    <svg class="status-shape" aria-hidden="true">
      <use href={`#shape-${status}`} />
    </svg>
  )
}

/** The shapes themselves, once for each page: a long list only names them. */
export function StatusShapes() {
  return (
    <svg class="visually-hidden" aria-hidden="true">
      {Object.entries(SHAPES).map(([status, path]) => (
        <symbol id={`shape-${status}`} viewBox="0 0 16 16">
          <path fill-rule="evenodd" d={path} />
        </symbol>
      ))}
    </svg>
  )
}

/** A run has started and not ended. */
export function RunningMark() {
  return (
    <span class="running">
      <svg class="running-shape" viewBox="0 0 16 16" aria-hidden="true">
        <path d="M8 2a6 6 0 1 1-6 6" />
      </svg>
      Running
    </span>
  )
}
