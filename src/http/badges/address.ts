// URLs of badges: ours, and those that Healthchecks clients use. The URL of a tag's badge is signed, so that someone
// who has one can't guess other tags of the project.
import { type Deps, secretOf } from '#deps.ts'
import { hmacSha256Base64Url, isSameText } from '#lib/tokens.ts'

/** `shields`: JSON for shields.io, which renders the badge. */
export const BADGE_FORMS = ['svg', 'json', 'shields'] as const
export type BadgeForm = (typeof BADGE_FORMS)[number]

/** 3: up, late and down. 2: late is shown as up. */
export type BadgeStates = 2 | 3

/** Means all monitors of a project. */
export const EVERY_TAG = '*'

export interface MonitorBadge {
  badgeKey: string
  /** `own`: all five statuses of CronGuard. */
  states: BadgeStates | 'own'
}

export interface TagBadge {
  projectBadgeKey: string
  tag: string
  states: BadgeStates
}

export type BadgeAddress = { form: BadgeForm } & (MonitorBadge | TagBadge)

const KEY = '([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'
const FORM = `\\.(${BADGE_FORMS.join('|')})`
const OWN = new RegExp(`^/badge/${KEY}${FORM}$`)
const OF_MONITOR = new RegExp(`^/b/([23])/${KEY}${FORM}$`)
const OF_TAG = new RegExp(`^/badge/([A-Za-z0-9_-]{16,150})/([\\w-]{8})(-2)?(?:/(.+))?${FORM}$`)

const SIGNATURE_LENGTH = 8

/** The badge that a path names; null if the path isn't valid or the signature is wrong. */
export function readBadgeAddress(deps: Deps, path: string): BadgeAddress | null {
  return readOwn(path) ?? readMonitor(path) ?? readTag(deps, path)
}

export function tagBadgeUrl(deps: Deps, { form, ...badge }: TagBadge & { form: BadgeForm }): string {
  const { projectBadgeKey, tag, states } = badge
  const signature = sign(deps, badge) + (states === 2 ? '-2' : '')
  const ending = tag === EVERY_TAG ? '' : `/${encode(encode(tag))}`
  return `${deps.config.baseUrl}/badge/${projectBadgeKey}/${signature}${ending}.${form}`
}

function readOwn(path: string): BadgeAddress | null {
  const [, badgeKey, form] = OWN.exec(path) ?? []
  return badgeKey === undefined ? null : { badgeKey, states: 'own', form: form as BadgeForm }
}

function readMonitor(path: string): BadgeAddress | null {
  const [, states, badgeKey, form] = OF_MONITOR.exec(path) ?? []
  return badgeKey === undefined ? null : { badgeKey, states: Number(states) as BadgeStates, form: form as BadgeForm }
}

function readTag(deps: Deps, path: string): BadgeAddress | null {
  const [, projectBadgeKey, signature = '', two, encodedTag, form] = OF_TAG.exec(path) ?? []
  if (projectBadgeKey === undefined) return null
  const tag = encodedTag === undefined ? EVERY_TAG : decode(decode(encodedTag))
  if (!isSameText(signature, sign(deps, { projectBadgeKey, tag }))) return null
  return { projectBadgeKey, tag, states: two === undefined ? 3 : 2, form: form as BadgeForm }
}

function sign({ config }: Deps, { projectBadgeKey, tag }: Omit<TagBadge, 'states'>): string {
  return hmacSha256Base64Url(secretOf(config), `badge ${projectBadgeKey} ${tag}`).slice(0, SIGNATURE_LENGTH)
}

// Also encodes the special characters of Markdown.
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

// A slash is encoded twice to survive proxies that decode paths. A URL written manually may be encoded only once.
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
