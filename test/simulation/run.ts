// npm run simulate -- --seeds N [--from SEED] [--months M]
import { parseArgs } from 'node:util'
import { type Outcome, simulate } from './simulation.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10' },
    from: { type: 'string', default: '1' },
    months: { type: 'string', default: '12' },
  },
})
const [seeds, from, months] = [Number(values.seeds), Number(values.from), Number(values.months)]

const outcomes: Outcome[] = []
for (let seed = from; seed < from + seeds; seed++) {
  const startedAt = performance.now()
  const outcome = await simulate({ seed, months }).catch((error) => {
    throw new Error(`Seed ${seed} broke the simulation`, { cause: error })
  })
  outcomes.push(outcome)
  console.log(`${lineOf(outcome)}, ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  if (outcome.disagreement !== null) console.log(outcome.disagreement)
}
const disagreeing = outcomes.filter(({ disagreement }) => disagreement !== null).map(({ seed }) => seed)
console.log(`\n${seeds} seeds of ${months} months: ${inWords(totalOf(outcomes))}`)
console.log(disagreeing.length === 0 ? 'They agree on every seed.' : `They disagree on ${disagreeing.join(', ')}.`)
process.exitCode = disagreeing.length === 0 ? 0 : 1

function lineOf({ seed, disagreement, counts }: Outcome): string {
  return `seed ${seed}: ${disagreement === null ? 'they agree' : 'THEY DISAGREE'}; ${inWords(counts)}`
}

function totalOf(all: Outcome[]): Record<string, number> {
  const total: Record<string, number> = {}
  for (const { counts } of all) {
    for (const [what, count] of Object.entries(counts)) total[what] = (total[what] ?? 0) + count
  }
  return total
}

function inWords(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${what} ${count}`)
    .join(', ')
}
