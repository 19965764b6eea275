// Connects with TCP or TLS to addresses that were checked.
import type { LookupAddress } from 'node:dns'
import { isIP, type Socket, connect as tcpConnect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'

export interface Connecting {
  /** The name that a TLS certificate must have. */
  host: string
  port: number
  isTls: boolean
  timeoutMs: number
  targets: LookupAddress[]
  deadline: AbortSignal
}

/** Tries the addresses in turn, because a host may answer on only one of them. Each gets its share of the time. */
export async function connectToAny(connecting: Connecting): Promise<Socket> {
  const { targets, timeoutMs, deadline } = connecting
  const shareMs = Math.ceil(timeoutMs / targets.length)
  let problem: unknown
  for (const { address } of targets) {
    try {
      return await connectTo(address, connecting, AbortSignal.any([deadline, AbortSignal.timeout(shareMs)]))
    } catch (error) {
      problem = error
      if (deadline.aborted) break
    }
  }
  throw problem
}

function connectTo(address: string, { host, port, isTls }: Connecting, signal: AbortSignal): Promise<Socket> {
  const target = { host: address, port }
  // TLS checks the certificate against `servername` if there is one, otherwise against the address.
  const socket = isTls ? tlsConnect(isIP(host) === 0 ? { ...target, servername: host } : target) : tcpConnect(target)
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      socket.destroy()
      reject(error)
    }
    const abort = (): void => fail(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', fail)
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      signal.removeEventListener('abort', abort)
      socket.off('error', fail)
      resolve(socket)
    })
  })
}
