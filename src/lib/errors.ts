export type ErrorCode = 'invalid' | 'unauthorized' | 'forbidden' | 'not_found' | 'conflict' | 'full' | 'too_many'

/** Something the caller may be told. Thrown anywhere, caught once at the door, answered in the door's dialect. */
export class AppError extends Error {
  readonly code: ErrorCode
  /** Problems by the name of the field, for forms. */
  readonly fields: Readonly<Record<string, string>>

  constructor(code: ErrorCode, message: string, fields: Record<string, string> = {}) {
    super(message)
    this.name = 'AppError'
    this.code = code
    this.fields = fields
  }
}

/** Whether somebody was only told to come back later: what they asked for was not looked at. */
export function isTooMany(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'too_many'
}

/** The disk, or another process that is writing, refuses a write. Nothing was recorded; trying again may help. */
export class StorageRefusedError extends Error {
  constructor(cause: unknown) {
    super(`The database refused a write (${messageOf(cause)}): nothing was recorded. Try again soon.`, { cause })
    this.name = 'StorageRefusedError'
  }
}

/** Memory is short: the request was given up before anything was recorded. Trying again soon may help. */
export class BusyError extends Error {
  constructor() {
    super('CronGuard is receiving too much at once, and nothing was recorded. Try again soon.')
    this.name = 'BusyError'
  }
}

export class TooLongError extends Error {
  constructor() {
    super('The request is too long.')
    this.name = 'TooLongError'
  }
}

/** For a write that the next request would do as well: whether the disk took it. Any other fault is thrown. */
export function tryWrite(write: () => void): boolean {
  try {
    write()
    return true
  } catch (error) {
    if (error instanceof StorageRefusedError) return false
    throw error
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
