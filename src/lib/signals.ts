import { constants } from 'node:os'

const NUMBERS = new Map(Object.entries(constants.signals).map(([name, number]) => [name.replace(/^SIG/, ''), number]))

/** Real-time signals as glibc numbers them and systemd names them: "RTMIN+3". */
const RTMIN = 34
const RTMAX = 64
for (let number = RTMIN; number <= RTMAX; number++) {
  NUMBERS.set(number === RTMIN ? 'RTMIN' : `RTMIN+${number - RTMIN}`, number)
}

/** Signal names without SIG: "TERM", "KILL". */
export const SIGNAL_NAMES: readonly string[] = [...NUMBERS.keys()]

/** 15 for "TERM", null for an unknown name. */
export function signalNumber(name: string): number | null {
  return NUMBERS.get(name) ?? null
}

/** Catches a signal from now on. A signal that comes before the handler is set runs the handler once it is. */
export function catchSignal(signal: NodeJS.Signals): (handle: () => void) => void {
  let isWaiting = false
  let act = (): void => {
    isWaiting = true
  }
  process.on(signal, () => act())
  return (handle) => {
    act = handle
    if (isWaiting) handle()
  }
}
