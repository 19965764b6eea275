interface CopyableProps {
  id: string
  text: string
  /** Says to screen readers what the button copies. */
  what: string
  isBlock?: boolean
}

/** A text with a button that copies it. Without JavaScript only the text is shown. */
export function Copyable({ id, text, what, isBlock = false }: CopyableProps) {
  return (
    <div class={isBlock ? 'copy copy-block' : 'copy'}>
      {isBlock ? (
        <section class="copy-text" tabindex="0" aria-label={what}>
          <pre id={id}>{text}</pre>
        </section>
      ) : (
        <code id={id}>{text}</code>
      )}
      <button type="button" class="button button-small" data-copy={id}>
        Copy<span class="visually-hidden"> {what}</span>
      </button>
    </div>
  )
}
