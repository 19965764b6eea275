// Channels that run programs on this server. Only administrators of the server manage and see them.
import { findKind } from '#channels/index.ts'
import { AppError } from '#lib/errors.ts'

export function runsPrograms(kind: string): boolean {
  return findKind(kind)?.runsPrograms === true
}

/** Whether someone may create, change, test and see channels of this kind. */
export function mayManage(kind: string, isByAdmin: boolean): boolean {
  return isByAdmin || !runsPrograms(kind)
}

/** Throws forbidden. API keys, imports and commands never act as an administrator. */
export function requireManageable(kind: string, isByAdmin: boolean): void {
  if (mayManage(kind, isByAdmin)) return
  throw new AppError('forbidden', 'Only an administrator of the server can manage this kind of channel, on the web.')
}
