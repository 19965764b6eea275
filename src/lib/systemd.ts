// The service manager that started this process, as systemd's sd_notify(3) speaks with it. Silent where there is none.
import { fstatSync } from 'node:fs'
import { messageOf } from './errors.ts'

export interface ServiceManager {
  /** How long it waits for a sign of life before it ends the process; null: it waits for none. */
  readonly watchdogMs: number | null
  /** All that was to be started works. */
  ready(status: string): void
  stopping(status: string): void
  /** A sign of life, for the watchdog. */
  alive(): void
  /** One line for people, in `systemctl status`. */
  status(text: string): void
  /** To be started takes longer than it may: it needs up to `ms` more from now on. */
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
/** The longest address of a unix socket: `sun_path` on Linux. */
const ADDRESS_MAX = 108
const AF_UNIX = 1
const SOCK_DGRAM = 0x2
const SOCK_CLOEXEC = 0x80000
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000

/** Reads `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`. `warn` is told once when nothing can be sent. */
export async function findServiceManager(env: Environment, warn: (sentence: string) => void): Promise<ServiceManager> {
  const { NOTIFY_SOCKET } = env
  if (!NOTIFY_SOCKET) return SILENT
  let send: Send
  try {
    send = await openSocket(NOTIFY_SOCKET)
  } catch (error) {
    warn(`The service manager cannot be told how CronGuard is: ${messageOf(error)}.`)
    return SILENT
  }
  return createNotifier(warnOnce(send, warn), watchdogOf(env))
}

/** Reads `JOURNAL_STREAM`: whether what is written to standard error goes straight into the journal. */
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
    warn('The service manager does not take what it is told about CronGuard.')
  }
}

// Meant for another process when it names one: a wrapper script, say, that started this program.
function watchdogOf({ WATCHDOG_USEC, WATCHDOG_PID }: Environment): number | null {
  if (WATCHDOG_PID && WATCHDOG_PID !== String(process.pid)) return null
  return WATCHDOG_USEC && /^[1-9]\d{0,14}$/.test(WATCHDOG_USEC) ? Number(WATCHDOG_USEC) / 1000 : null
}

// Bun has no datagrams over unix sockets, so the C library sends them. It never waits: a service manager that takes
// nothing any more must not hold up a ping.
async function openSocket(address: string): Promise<Send> {
  const target = socketAddress(address)
  const { socket, sendto } = await openLibrary()
  const file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (file < 0) throw new Error('no socket can be opened')
  return (message) =>
    sendto(file, message, message.length, MSG_DONTWAIT | MSG_NOSIGNAL, target, target.length) === message.length
}

/** A `sockaddr_un`: the family, then a path that ends with a zero, or a zero and an abstract name. */
function socketAddress(address: string): Uint8Array {
  if (!/^[/@]./.test(address)) throw new Error('NOTIFY_SOCKET is neither a path nor an abstract name')
  const isAbstract = address.startsWith('@')
  const name = new TextEncoder().encode(isAbstract ? `\0${address.slice(1)}` : `${address}\0`)
  if (name.length > ADDRESS_MAX) throw new Error('NOTIFY_SOCKET is too long')
  return Uint8Array.from([AF_UNIX, 0, ...name])
}

// Loaded only for who needs it: it costs memory.
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
