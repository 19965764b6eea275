// Settings that many kinds share.
import { z } from 'zod'
import { refusalOf } from '#lib/outbound.ts'
import { sha256Hex } from '#lib/tokens.ts'

const URL_MAX = 1000
const PHONE_NUMBER = /^\+[1-9]\d{4,14}$/

/** An http or https URL that may be requested, without a user name and password. */
export function requestUrl() {
  return z
    .string()
    .max(URL_MAX)
    .refine(isHttpUrl, { error: 'Enter a URL that starts with https:// or http://.', abort: true })
    .refine(hasNoCredentials, { error: 'Remove the user name and password from the URL.', abort: true })
    .refine((url) => refusalOf(new URL(url)) === null, {
      error: ({ input }) => refusalOf(new URL(String(input))) ?? '',
    })
}

/** The URL of a self-hosted server, optionally with a path. */
export function serverUrl() {
  return requestUrl().refine((url) => new URL(url).search === '' && new URL(url).hash === '', {
    error: "Enter the server's URL, without “?” or “#”.",
  })
}

/** A token or key that goes into a header or a URL. */
export function secretToken() {
  return z
    .string()
    .trim()
    .min(1, { error: 'Enter a value.', abort: true })
    .max(500)
    .regex(/^[\x21-\x7e]*$/, 'Remove spaces, line breaks and special characters.')
}

/** A phone number in the international format. */
export function phoneNumber() {
  return z
    .string()
    .transform((text) => text.replace(/[\s().-]/g, ''))
    .refine((text) => PHONE_NUMBER.test(text), 'Enter a phone number with its country code, such as +15551234567.')
}

/** One of the options of a choice whose values are numbers. */
export function numberChoice(options: readonly { value: string }[]) {
  const error = 'Choose one of the options.'
  return z.coerce
    .number({ error })
    .refine((value) => options.some((option) => Number(option.value) === value), { error })
}

export function withoutSlash(server: string): string {
  return server.replace(/\/+$/, '')
}

/** The server as a summary shows it. The scheme is only shown if it is unusual. */
export function shownServer(server: string): string {
  return withoutSlash(server).replace(/^https:\/\//, '')
}

/** Tells secrets apart without revealing them: "#1f3a". */
export function fingerprint(secret: string): string {
  return `#${sha256Hex(secret).slice(0, 4)}`
}

/** The server of a URL whose path and query may be secret, with a fingerprint that tells URLs of one server apart. */
export function shownSecretUrl(url: string): string {
  const { origin, pathname, search } = new URL(url)
  const isBare = pathname === '/' && search === ''
  return isBare ? origin : `${origin}/… (${fingerprint(url)})`
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol } = new URL(text)
  return protocol === 'http:' || protocol === 'https:'
}

function hasNoCredentials(text: string): boolean {
  const { username, password } = new URL(text)
  return username === '' && password === ''
}
