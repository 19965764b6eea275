import type { BadgeForm } from './address.ts'
import type { Badge } from './badge.ts'

export interface Rendered {
  body: string
  type: string
}

const LABEL_MAX = 60

export async function render(badge: Badge, form: BadgeForm): Promise<Rendered> {
  if (form === 'svg') return { body: await draw(badge), type: 'image/svg+xml; charset=utf-8' }
  return { body: JSON.stringify(form === 'json' ? badge.facts : forShields(badge)), type: 'application/json' }
}

function forShields({ label, message, shieldsColor }: Badge) {
  return { schemaVersion: 1, label, message, color: shieldsColor }
}

async function draw({ label, message, color }: Badge): Promise<string> {
  // Loaded with the first badge, because its table of character widths takes 14 MB that most instances never need.
  const { makeBadge } = await import('badge-maker')
  return makeBadge({ label: shorten(label), message, color })
}

// Removes characters that XML doesn't allow, and those that change the direction of the text.
function shorten(label: string): string {
  const letters = [...label.replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}\uFFFE\uFFFF]/gu, '')]
  return letters.length > LABEL_MAX ? `${letters.slice(0, LABEL_MAX - 1).join('')}…` : letters.join('')
}
