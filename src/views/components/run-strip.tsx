const RUNS_MAX = 30
const SLOT = 5
const HEIGHT = 16

interface RunStripProps {
  /** Oldest first, one sign each: `s` success, `f` fail, `m` missed, when no ping came in time. */
  runs: string
}

/** The last runs of a monitor at a glance. A page holds a thousand of these, so that each is a few hundred bytes. */
export function RunStrip({ runs }: RunStripProps) {
  const last = [...runs].slice(-RUNS_MAX)
  return (
    <svg class="strip" width={RUNS_MAX * SLOT} height={HEIGHT} role="img" aria-label={inWords(last)}>
      {KINDS.map(({ sign, name, draw }) => {
        const path = outline(last, sign, draw)
        return path === '' ? null : <path class={name} d={path} />
      })}
    </svg>
  )
}

interface Kind {
  sign: string
  name: string
  draw: (x: number) => string
}

// A full bar; a short bar with a block above it; a hollow bar. The first two are strokes as wide as a bar.
const KINDS: readonly Kind[] = [
  { sign: 's', name: 'strip-success', draw: (x) => `M${x + 2} 0v16` },
  { sign: 'f', name: 'strip-fail', draw: (x) => `M${x + 2} 2v4m0 3v7` },
  { sign: 'm', name: 'strip-missed', draw: (x) => `M${x}.5.5h3v15h-3z` },
]

// The newest run is always at the right edge, so that strips in a column line up.
function outline(runs: readonly string[], sign: string, draw: Kind['draw']): string {
  const first = RUNS_MAX - runs.length
  return runs.map((run, index) => (run === sign ? draw((first + index) * SLOT) : '')).join('')
}

function inWords(runs: readonly string[]): string {
  if (runs.length === 0) return 'no runs yet'
  const counted = [
    counting(runs, 's', ['success', 'successes']),
    counting(runs, 'f', ['failure', 'failures']),
    counting(runs, 'm', ['missed', 'missed']),
  ]
  const what = counted.filter((words) => words !== '').join(', ')
  return `${runs.length === 1 ? 'last run' : `last ${runs.length} runs`}: ${what}`
}

function counting(runs: readonly string[], sign: string, [one, many]: [one: string, many: string]): string {
  const count = runs.filter((run) => run === sign).length
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`
}
