export type ErrorCode = 'invalid' | 'unauthorized' | 'forbidden' | 'not_found' | 'conflict' | 'full' | 'too_many'

/** An error whose message may be shown to the caller. Each interface catches it once and answers in its own format. */
export class AppError extends Error {
  readonly code: ErrorCode
  /** Problems by field name, for forms. */
  readonly fields: Readonly<Record<string, string>>

  constructor(code: ErrorCode, message: string, fields: Record<string, string> = {}) {
    super(message)
    this.name = 'AppError'
    this.code = code
    this.fields = fields
  }
}

/** Whether the caller was only asked to try again later, and the request itself was not processed. */
export function isTooMany(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'too_many'
}

/** The disk or a lock of another process refused a write. Nothing was recorded; retrying may help. */
export class StorageRefusedError extends Error {
  constructor(cause: unknown) {
    super(`CronGuard can't write to its database (${messageOf(cause)}). Nothing was recorded. Try again.`, { cause })
    this.name = 'StorageRefusedError'
  }
}

/** Too many bytes are in flight. The request was dropped before anything was recorded; retrying may help. */
export class BusyError extends Error {
  constructor() {
    super('CronGuard is receiving too much data. Nothing was recorded. Try again in a moment.')
    this.name = 'BusyError'
  }
}

export class TooLongError extends Error {
  constructor() {
    super('The request is too large.')
    this.name = 'TooLongError'
  }
}

/** Runs a write that may be skipped. Returns false when the storage refused it, and throws any other error. */
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
