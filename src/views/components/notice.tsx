import { Icon } from './icon.tsx'

/** The result of the last form. */
export function Notice({ text }: { text: string | null }) {
  if (text === null) return null
  return (
    <p class="notice" role="status">
      <Icon name="check" />
      <span>{text}</span>
      <button type="button" class="notice-close" data-close="" aria-label="Close">
        <Icon name="cross" />
      </button>
    </p>
  )
}
