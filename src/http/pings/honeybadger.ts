// The check-ins of Honeybadger: with an ID, or with the project's key and a slug.
import type { PingAddress } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import { measuredMs, type PingSignal } from '#domain/ping.ts'
import type { Dialect, IncomingPing } from './dialect.ts'
import type { Json } from './reading.ts'
import { asList, exitStatusOf, isObject, mostSevere, originOf, plainText, recordOrRefuse, TOKEN } from './report.ts'
import { keepTexts, readSentJson } from './sent.ts'

export const honeybadger: Dialect = {
  name: 'Honeybadger',
  routes: ['/v1/check_in/*'],
  methods: ['GET', 'HEAD', 'POST'],
  matchesRequest: ({ path }) => PATH.test(path),
  addressOf: (_, { path }) => addressOf(path),
  answer,
}

const PATH = new RegExp(`^/v1/check_in/(${TOKEN})(?:/(${TOKEN}))?/?$`)

async function answer(deps: Deps, { request, path }: IncomingPing): Promise<Response> {
  const limit = deps.config.pingBodyLimit
  const { kept, value, isReadable, textOf } = await readSentJson(request, limit)
  const { output, ...report } = (isReadable ? mostSevere(readReports(value)) : null) ?? UNKNOWN
  const refusal = await recordOrRefuse(deps, {
    address: addressOf(path),
    ...report,
    runId: null,
    origin: originOf(request),
    ...(output === null ? kept : keepTexts(output.map(textOf), limit)),
  })
  // It is unknown which 2xx status Honeybadger sends. All clients accept 200.
  return refusal === null ? plainText('OK', 200) : plainText(refusal.text, refusal.status)
}

function addressOf(path: string): PingAddress {
  const [, first = '', slug] = PATH.exec(path) ?? []
  return slug === undefined
    ? { token: first, dialect: 'honeybadger' }
    : { projectPingKey: first, slug, mayCreate: false }
}

interface Report {
  signal: PingSignal
  exitStatus: number | null
  measuredMs: number | null
  /** The texts to store, one after the other; null to store the body unchanged. */
  output: string[] | null
}

const SUCCESS: Report = { signal: 'success', exitStatus: null, measuredMs: null, output: null }
/** A report that isn't understood is only logged. */
const UNKNOWN: Report = { ...SUCCESS, signal: 'log' }

const SIGNALS = new Map<unknown, PingSignal>([
  ['success', 'success'],
  ['error', 'fail'],
])

// An empty report is a success, as with GET.
function readReports(sent: Json | undefined): Report[] {
  if (sent === undefined || sent === null) return [SUCCESS]
  if (!isObject(sent)) return asList(sent).flatMap(readMember)
  return Object.keys(sent).length === 0 ? [SUCCESS] : readMember(sent)
}

function readMember(sent: Json): Report[] {
  if (!isObject(sent)) return [UNKNOWN]
  if (sent.check_in !== undefined) return asList(sent.check_in).map(readCheckIn)
  return sent.status !== undefined || sent.exit_code !== undefined ? [readCheckIn(sent)] : [UNKNOWN]
}

function readCheckIn(sent: Json): Report {
  if (!isObject(sent)) return { ...UNKNOWN, signal: SIGNALS.get(sent) ?? 'log' }
  const { status, exit_code: exitCode, duration, stdout, stderr } = sent
  const exitStatus = exitStatusOf(exitCode)
  const byExit = exitStatusOf(exitCode ?? 0) === 0 ? 'success' : 'fail'
  // It is unknown how Honeybadger handles other statuses. Recording them as success could hide a failure.
  const otherwise = status === undefined || byExit === 'fail' ? byExit : 'log'
  return {
    signal: SIGNALS.get(status) ?? otherwise,
    exitStatus,
    measuredMs: typeof duration === 'number' ? measuredMs(duration) : null,
    output: outputOf([stdout, stderr]),
  }
}

function outputOf(streams: readonly (Json | undefined)[]): string[] {
  const texts = streams.filter((text) => typeof text === 'string').filter((text) => text !== '')
  return texts.flatMap((text, index) => (index === 0 ? [text] : ['\n', text]))
}
