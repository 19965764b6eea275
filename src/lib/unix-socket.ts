// Manages the file of a unix socket. Its permissions decide who may connect.
import { chmodSync, lstatSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { AppError } from './errors.ts'

/** Allows the owner and the group to connect. */
export function allowGroup(path: string): void {
  chmodSync(path, 0o660)
}

/** Removes a socket that a killed process left. Throws conflict when it is in use, or the file is not a socket. */
export async function removeAbandoned(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (there === undefined) return
  if (!there.isSocket()) throw new AppError('conflict', 'the file exists and is not a socket')
  if (await isAnswered(path)) throw new AppError('conflict', 'another process is listening on it')
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
