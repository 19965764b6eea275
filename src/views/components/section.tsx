import type { Child } from '#jsx/jsx-runtime'
import type { Address } from '#lib/base-path.ts'
import { type FormState, freshForm } from './field.tsx'

/** A form on a page of several that comes back, because something is wrong with it. */
export interface Returned<Name extends string = string> {
  section: Name
  form: FormState
  /** The error of the form as a whole; null if errors are shown at fields. */
  problem: string | null
}

/** The form of a section: as submitted if it has errors, otherwise with `values`. */
export function formOf(returned: Returned | null, section: string, values: Record<string, string> = {}): FormState {
  return returned?.section === section ? returned.form : freshForm(values)
}

interface SectionProps {
  /** What the page's own navigation leads to. */
  id: string
  title: string
  children?: Child
}

/** A part of a page with a title, below a hairline. */
export function Section({ id, title, children }: SectionProps) {
  return (
    <section class="section" id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </section>
  )
}

/** A page of sections, with the way to each of them beside it. */
export function Sections({ entries, children }: { entries: [id: string, title: string][]; children?: Child }) {
  return (
    <div class="sections">
      <nav class="sections-nav" aria-label="On this page">
        <ul>
          {entries.map(([id, title]) => (
            <li>
              <a href={`#${id}`}>{title}</a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="sections-body">{children}</div>
    </div>
  )
}

interface ConfirmProps {
  /** What is on the button that only opens the question. */
  label: string
  /** Tells screen readers what the button is about. */
  about?: string
  /** What will happen. */
  question: Child
  action: Address
  submit: string
  /** What can be chosen about it. */
  children?: Child
}

/** A button that asks first, without a script. */
export function Confirm({ label, about, question, action, submit, children }: ConfirmProps) {
  return (
    <details class="confirm">
      <summary class="button button-small button-danger">
        {label}
        {about && <span class="visually-hidden"> {about}</span>}
      </summary>
      <form method="post" action={action} class="confirm-sheet">
        <p>{question}</p>
        {children}
        <button type="submit" class="button button-small button-danger">
          {submit}
        </button>
      </form>
    </details>
  )
}
