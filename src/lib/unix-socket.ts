// The file of a unix socket. Who may open it may speak there.
import { chmodSync, lstatSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { AppError } from './errors.ts'

/** Lets the group of the file speak there, and nobody else. */
export function allowGroup(path: string): void {
  chmodSync(path, 0o660)
}

/** Removes the socket that a process left behind. Throws conflict for one that is in use, and for any other file. */
export async function removeAbandoned(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (there === undefined) return
  if (!there.isSocket()) throw new AppError('conflict', 'a file is there that is no socket')
  if (await isAnswered(path)) throw new AppError('conflict', 'another process listens there')
  rmSync(path, { force: true })
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') resolve(false)
      else reject(error)
    })
  })
}
