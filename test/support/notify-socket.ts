import { dlopen } from 'bun:ffi'
import { rmSync } from 'node:fs'

const AF_UNIX = 1
const SOCK_DGRAM = 2
const MSG_DONTWAIT = 0x40
const MESSAGE_MAX = 4096

/** The socket on which systemd receives messages of a service: a path, or an abstract name that begins with @. */
export class NotifySocket {
  readonly address: string
  readonly messages: string[] = []
  readonly #libc: ReturnType<typeof openLibrary>
  readonly #file: number

  constructor(address: string) {
    this.address = address
    this.#libc = openLibrary()
    this.#file = this.#libc.socket(AF_UNIX, SOCK_DGRAM, 0)
    const name = address.startsWith('@') ? `\0${address.slice(1)}` : `${address}\0`
    const target = Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.from(name)])
    if (this.#libc.bind(this.#file, target, target.length) !== 0) throw new Error(`${address} cannot be listened on`)
  }

  /** All messages so far. */
  read(): string[] {
    const buffer = new Uint8Array(MESSAGE_MAX)
    for (;;) {
      const length = this.#libc.recv(this.#file, buffer, buffer.length, MSG_DONTWAIT)
      if (length < 0) return this.messages
      this.messages.push(new TextDecoder().decode(buffer.subarray(0, length)))
    }
  }

  count(line: string): number {
    return this.read().filter((message) => message.split('\n').includes(line)).length
  }

  /** Discards all messages so far. */
  forget(): void {
    this.read().splice(0)
  }

  close(): void {
    this.#libc.close(this.#file)
    if (!this.address.startsWith('@')) rmSync(this.address, { force: true })
  }
}

function openLibrary() {
  return dlopen('libc.so.6', {
    socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
    bind: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
    recv: { args: ['i32', 'ptr', 'usize', 'i32'], returns: 'i32' },
    close: { args: ['i32'], returns: 'i32' },
  }).symbols
}
