import type { Child } from '#jsx/jsx-runtime'
import type { Address } from '#lib/base-path.ts'
import { Frame, type FrameContext } from './frame.tsx'

/** Sent by the form of a confirmation page: the user has seen what will happen. */
export const CONFIRMED_FIELD = 'confirmed'

interface ConfirmationProps {
  context: FrameContext
  title: string
  room: 'monitors' | 'channels'
  help?: 'manual report'
  /** The link above the heading. */
  crumb: { address: Address; label: string }
  question: Child
  action: Address
  submit: Child
  isDanger?: boolean
  /** Where the user returns without confirming. */
  back: Address
  /** What will happen. */
  children: Child
}

/** A page that asks before something happens. */
export function Confirmation({ context, title, room, help, crumb, question, children, ...props }: ConfirmationProps) {
  const { action, submit, isDanger = true, back } = props
  return (
    <Frame context={context} title={title} room={room} {...(help && { help })}>
      <div class="page-head">
        <p class="crumbs">
          <a href={crumb.address} dir="auto">
            {crumb.label}
          </a>
        </p>
        <h1>{question}</h1>
      </div>
      <form method="post" action={action} class="form section breakable">
        {children}
        <input type="hidden" name={CONFIRMED_FIELD} value="yes" />
        <div class="actions">
          <button type="submit" class={isDanger ? 'button button-danger' : 'button button-primary'}>
            {submit}
          </button>
          <a class="button" href={back}>
            Cancel
          </a>
        </div>
      </form>
    </Frame>
  )
}
