import inter from '@fontsource-variable/inter/LICENSE' with { type: 'text' }
import htmx from 'htmx.org/LICENSE' with { type: 'text' }
import zxcvbn from '#assets/common-passwords-license.txt' with { type: 'text' }

/** The licenses of what others made and browsers get from here. */
export function Licenses() {
  return (
    <>
      <h1>Third-party licenses</h1>
      <section id="inter" class="docs-section">
        <h2>The typeface Inter</h2>
        <pre>{inter}</pre>
      </section>
      <section id="htmx" class="docs-section">
        <h2>htmx</h2>
        <pre>{htmx}</pre>
      </section>
      <section id="zxcvbn" class="docs-section">
        <h2>zxcvbn</h2>
        <p>The list of common passwords is derived from zxcvbn-ts.</p>
        <pre>{zxcvbn}</pre>
      </section>
    </>
  )
}
