// The check-ins of Honeybadger: by an id, or by the key of the project and a slug.
import type { PingAddress } from '#actions/pings.ts'
import type { Deps } from '#deps.ts'
import type { Dialect, IncomingPing } from './dialect.ts'
import { cutText, exitStatusOf, originOf, plainText, readSent, recordOrRefuse, type Sent, TOKEN } from './report.ts'

export const honeybadger: Dialect = {
  name: 'Honeybadger',
  routes: ['/v1/check_in/*'],
  methods: ['GET', 'HEAD', 'POST'],
  isSpoken: ({ path }) => PATH.test(path),
  addressOf: (_, { path }) => addressOf(path),
  answer,
}

const PATH = new RegExp(`^/v1/check_in/(${TOKEN})(?:/(${TOKEN}))?/?$`)

async function answer(deps: Deps, { request, path }: IncomingPing): Promise<Response> {
  const sent = await readSent(request)
  const checkIn = sent === null ? null : readCheckIn(sent)
  if (checkIn === null) return plainText('invalid check-in', 400)
  const refusal = await recordOrRefuse(deps, {
    address: addressOf(path),
    signal: checkIn.isSuccess ? 'success' : 'fail',
    exitStatus: checkIn.exitStatus,
    runId: null,
    origin: originOf(request),
    body: checkIn.output.subarray(0, deps.config.pingBodyLimit),
  })
  // Which 2xx Honeybadger answers is not known; 200 is what every client takes.
  return refusal === null ? plainText('OK', 200) : plainText(refusal.text, refusal.status)
}

function addressOf(path: string): PingAddress {
  const [, first = '', slug] = PATH.exec(path) ?? []
  return slug === undefined ? { token: first } : { projectPingKey: first, slug, mayCreate: false }
}

interface CheckIn {
  isSuccess: boolean
  exitStatus: number | null
  output: Uint8Array
}

// What happens to a status that is neither word is not known; to take it for a success would be a guess.
function readCheckIn({ bytes, fields }: Sent): CheckIn | null {
  if (Object.keys(fields).length === 0) return { isSuccess: true, exitStatus: null, output: bytes }
  const { check_in: checkIn } = fields
  if (typeof checkIn !== 'object' || checkIn === null) return null
  const { status, exit_code: exitCode, stdout, stderr } = checkIn as Record<string, unknown>
  if (status !== undefined && status !== 'success' && status !== 'error') return null
  const parts = [stdout, stderr].filter((part) => typeof part === 'string' && part !== '')
  return {
    isSuccess: status === undefined ? exitStatusOf(exitCode ?? 0) === 0 : status === 'success',
    exitStatus: exitStatusOf(exitCode),
    output: cutText(parts.join('\n'), Number.POSITIVE_INFINITY),
  }
}
