import { z } from 'zod'

export interface User {
  id: string
  email: string
  isAdmin: boolean
  createdAt: number
}

export const PASSWORD_MIN = 10
export const PASSWORD_MAX = 200

export const Email = z
  .string()
  .trim()
  .max(254, 'An e-mail address has at most 254 characters.')
  .pipe(z.email('This is not an e-mail address.'))

export const Password = z
  .string()
  .min(PASSWORD_MIN, `A password needs at least ${PASSWORD_MIN} characters.`)
  .max(PASSWORD_MAX, `A password has at most ${PASSWORD_MAX} characters.`)
