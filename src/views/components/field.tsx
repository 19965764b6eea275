import type { Child } from '#jsx/jsx-runtime'
import { withoutInvisible } from '#lib/invisible.ts'

/** The values of a form and its errors, by field name. */
export interface FormState {
  values: Readonly<Record<string, string>>
  problems: Readonly<Record<string, string>>
}

/** A form with its initial values. */
export function freshForm(values: Record<string, string> = {}): FormState {
  return { values, problems: {} }
}

/** Carries the fingerprint of the values that the form was rendered from, to detect concurrent edits. */
export const SEEN_FIELD = 'seen'

export function SeenField({ form }: { form: FormState }) {
  const fingerprint = form.values[SEEN_FIELD]
  return fingerprint === undefined ? null : <input type="hidden" name={SEEN_FIELD} value={fingerprint} />
}

interface FieldProps {
  form: FormState
  name: string
  label: string
  type?: 'text' | 'email' | 'password' | 'number' | 'url' | 'search' | 'time' | 'datetime-local'
  help?: Child
  isRequired?: boolean
  autocomplete?: string
  maxlength?: number
  minlength?: number
  min?: number
  max?: number
  placeholder?: string
  /** The id of a `<datalist>` with suggestions. */
  list?: string
  hasFocus?: boolean
}

/** A text field with its label, help and error. Passwords are never rendered. */
export function Field(props: FieldProps) {
  const { form, name, label, type = 'text', help, isRequired = false } = props
  return (
    <div class="field">
      <Label name={name} label={label} isRequired={isRequired} />
      <input
        id={name}
        name={name}
        type={type}
        value={type === 'password' ? undefined : withoutInvisible(form.values[name] ?? '')}
        required={isRequired}
        autocomplete={props.autocomplete}
        maxlength={props.maxlength}
        minlength={props.minlength}
        min={props.min}
        max={props.max}
        placeholder={props.placeholder}
        list={props.list}
        autofocus={isFirst({ form, name, hasFocus: props.hasFocus })}
        dir={type === 'text' || type === 'search' ? 'auto' : undefined}
        {...describedBy({ form, name, help })}
      />
      <FieldNotes form={form} name={name} help={help} />
    </div>
  )
}

/** A text field with several lines. */
export function TextArea(
  props: Pick<FieldProps, 'form' | 'name' | 'label' | 'help' | 'maxlength' | 'isRequired' | 'hasFocus'> & {
    rows?: number
  },
) {
  const { form, name, label, help, maxlength, isRequired = false, rows = 3, hasFocus } = props
  return (
    <div class="field">
      <Label name={name} label={label} isRequired={isRequired} />
      <textarea
        id={name}
        name={name}
        required={isRequired}
        rows={String(rows)}
        maxlength={maxlength}
        autofocus={isFirst({ form, name, hasFocus })}
        dir="auto"
        {...describedBy({ form, name, help })}
      >
        {withoutInvisible(form.values[name] ?? '')}
      </textarea>
      <FieldNotes form={form} name={name} help={help} />
    </div>
  )
}

interface SelectProps extends Pick<FieldProps, 'form' | 'name' | 'label' | 'help'> {
  options: readonly { value: string; label: string }[]
}

export function Select({ form, name, label, help, options }: SelectProps) {
  return (
    <div class="field">
      <Label name={name} label={label} isRequired />
      <select id={name} name={name} autofocus={isFirst({ form, name })} {...describedBy({ form, name, help })}>
        {options.map((option) => (
          <option value={option.value} selected={option.value === form.values[name]}>
            {option.label}
          </option>
        ))}
      </select>
      <FieldNotes form={form} name={name} help={help} />
    </div>
  )
}

/** One check box for each option. The value holds the ticked ones, separated by commas. */
export function Ticks({ form, name, label, help, options }: SelectProps) {
  const ticked = (form.values[name] ?? '').split(',')
  return (
    <fieldset class="field" {...describedBy({ form, name, help })}>
      <legend>{label}</legend>
      {options.map(({ value, label: text }) => (
        <Check name={name} value={value} label={<bdi>{text}</bdi>} isChecked={ticked.includes(value)} />
      ))}
      {options.length === 0 && <p class="soft">None yet.</p>}
      <FieldNotes form={form} name={name} help={help} />
    </fieldset>
  )
}

interface CheckProps {
  name: string
  value?: string
  label: Child
  help?: Child
  isChecked: boolean
}

export function Check({ name, value = 'on', label, help, isChecked }: CheckProps) {
  return (
    <label class="check">
      <input type="checkbox" name={name} value={value} checked={isChecked} />
      <span>
        {label}
        {help && <small>{help}</small>}
      </span>
    </label>
  )
}

/** The error of the form as a whole. */
export function FormProblem({ text }: { text: string | null }) {
  if (text === null) return null
  return (
    <p class="problem-box" role="alert">
      {text}
    </p>
  )
}

function Label({ name, label, isRequired }: { name: string; label: string; isRequired: boolean }) {
  return (
    <label for={name}>
      {label}
      {!isRequired && <span class="optional"> optional</span>}
    </label>
  )
}

function FieldNotes({ form, name, help }: Pick<FieldProps, 'form' | 'name' | 'help'>) {
  const problem = form.problems[name]
  return (
    <>
      {problem !== undefined && (
        <p class="problem" id={`${name}-problem`}>
          {problem}
        </p>
      )}
      {help && (
        <p class="help" id={`${name}-help`}>
          {help}
        </p>
      )}
    </>
  )
}

interface Focus {
  form: FormState
  name: string
  hasFocus?: boolean | undefined
}

// The focus goes to the first field with an error, or to the first field to fill in.
function isFirst({ form, name, hasFocus = false }: Focus): boolean {
  const hasProblems = Object.keys(form.problems).length > 0
  return hasProblems ? form.problems[name] !== undefined : hasFocus
}

function describedBy({ form, name, help }: Pick<FieldProps, 'form' | 'name' | 'help'>) {
  const hasProblem = form.problems[name] !== undefined
  const ids = [...(hasProblem ? [`${name}-problem`] : []), ...(help ? [`${name}-help`] : [])]
  return {
    'aria-invalid': hasProblem ? ('true' as const) : undefined,
    'aria-describedby': ids.length > 0 ? ids.join(' ') : undefined,
  }
}
