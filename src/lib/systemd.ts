// Reports to the service manager with systemd's sd_notify(3) protocol. Does nothing when there is no service manager.
import { fstatSync } from 'node:fs'
import { messageOf } from './errors.ts'

export interface ServiceManager {
  /** How long it waits for `alive` before it ends the process. Null when it does not. */
  readonly watchdogMs: number | null
  /** The start is complete. */
  ready(status: string): void
  stopping(status: string): void
  /** Resets the watchdog. */
  alive(): void
  /** Sets the line that `systemctl status` shows. */
  status(text: string): void
  /** Asks for up to `ms` more to finish the start. */
  extendStartTimeout(ms: number, status: string): void
}

type Environment = Record<string, string | undefined>
type Send = (message: Uint8Array) => boolean

const SILENT: ServiceManager = {
  watchdogMs: null,
  ready: () => {},
  stopping: () => {},
  alive: () => {},
  status: () => {},
  extendStartTimeout: () => {},
}

const STANDARD_ERROR = 2
/** The size of `sun_path` on Linux. */
const ADDRESS_MAX = 108
const AF_UNIX = 1
const SOCK_DGRAM = 0x2
const SOCK_CLOEXEC = 0x80000
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000

/** Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`. Calls `warn` once when nothing can be sent. */
export async function findServiceManager(env: Environment, warn: (sentence: string) => void): Promise<ServiceManager> {
  const { NOTIFY_SOCKET } = env
  if (!NOTIFY_SOCKET) return SILENT
  let send: Send
  try {
    send = await openSocket(NOTIFY_SOCKET)
  } catch (error) {
    warn(`CronGuard cannot report its status to the service manager: ${messageOf(error)}.`)
    return SILENT
  }
  return createNotifier(warnOnce(send, warn), watchdogOf(env))
}

/** Reads `JOURNAL_STREAM`: whether standard error goes to the journal. */
export function writesToJournal({ JOURNAL_STREAM }: Environment): boolean {
  if (!JOURNAL_STREAM) return false
  const { dev, ino } = fstatSync(STANDARD_ERROR, { bigint: true })
  return JOURNAL_STREAM === `${dev}:${ino}`
}

function createNotifier(send: (message: Uint8Array) => void, watchdogMs: number | null): ServiceManager {
  const encoder = new TextEncoder()
  const say = (...lines: string[]): void => send(encoder.encode(lines.join('\n')))
  const statusLine = (text: string): string => `STATUS=${text.replace(/\s+/g, ' ')}`
  return {
    watchdogMs,
    ready: (status) => say('READY=1', statusLine(status)),
    stopping: (status) => say('STOPPING=1', statusLine(status)),
    alive: () => say('WATCHDOG=1'),
    status: (text) => say(statusLine(text)),
    extendStartTimeout: (ms, status) => say(`EXTEND_TIMEOUT_USEC=${ms * 1000}`, statusLine(status)),
  }
}

function warnOnce(send: Send, warn: (sentence: string) => void): (message: Uint8Array) => void {
  let isWarned = false
  return (message) => {
    if (send(message) || isWarned) return
    isWarned = true
    warn('The service manager does not accept status messages from CronGuard.')
  }
}

// WATCHDOG_PID may name another process, such as a wrapper script that started this program.
function watchdogOf({ WATCHDOG_USEC, WATCHDOG_PID }: Environment): number | null {
  if (WATCHDOG_PID && WATCHDOG_PID !== String(process.pid)) return null
  return WATCHDOG_USEC && /^[1-9]\d{0,14}$/.test(WATCHDOG_USEC) ? Number(WATCHDOG_USEC) / 1000 : null
}

// Bun does not support unix datagram sockets, so the C library sends them. Sending never blocks: a stuck service
// manager must not delay pings.
async function openSocket(address: string): Promise<Send> {
  const target = socketAddress(address)
  const { socket, sendto } = await openLibrary()
  const file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (file < 0) throw new Error('no socket could be opened')
  return (message) =>
    sendto(file, message, message.length, MSG_DONTWAIT | MSG_NOSIGNAL, target, target.length) === message.length
}

/** A `sockaddr_un`: the family, then a path with a trailing zero, or a zero and an abstract name. */
function socketAddress(address: string): Uint8Array {
  if (!/^[/@]./.test(address)) throw new Error('NOTIFY_SOCKET is neither a path nor an abstract name')
  const isAbstract = address.startsWith('@')
  const name = new TextEncoder().encode(isAbstract ? `\0${address.slice(1)}` : `${address}\0`)
  if (name.length > ADDRESS_MAX) throw new Error('NOTIFY_SOCKET is too long')
  return Uint8Array.from([AF_UNIX, 0, ...name])
}

// Loaded on demand, because it costs memory.
async function openLibrary() {
  const { dlopen } = await import('bun:ffi')
  const functions = {
    socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
    sendto: { args: ['i32', 'ptr', 'usize', 'i32', 'ptr', 'u32'], returns: 'i32' },
  } as const
  try {
    return dlopen('libc.so.6', functions).symbols
  } catch {
    const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
    return dlopen(`/lib/ld-musl-${machine}.so.1`, functions).symbols
  }
}
