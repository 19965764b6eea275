import type { ChannelScope } from '#domain/channel.ts'
import type { Child } from '#jsx/jsx-runtime'
import { Check, Field, type FormState } from './field.tsx'

/** The monitors that differ from the scope of their channel. */
export interface ScopeExceptions {
  /** Monitors that the scope covers, but that don't use the channel. */
  missing: readonly string[]
  /** Monitors that use the channel, but that the scope doesn't cover. */
  extra: readonly string[]
}

export interface MonitorChoiceProps {
  scope: ChannelScope['is']
  tags: readonly { tag: string; count: number; isTicked: boolean }[]
  /** All monitors of the project, by name. */
  monitors: readonly { id: number; name: string; isTicked: boolean }[]
  /** The number of monitors with a selected tag. */
  tagged: number
  /** The newest monitor in the list. */
  shownUntil: number
  exceptions: ScopeExceptions
}

/** Chooses the monitors of a channel. Works without JavaScript: CSS shows the details of the selected option. */
export function MonitorChoice({ choice, form }: { choice: MonitorChoiceProps; form: FormState }) {
  const { scope, tags, monitors, tagged, shownUntil, exceptions } = choice
  const ticked = monitors.filter(({ isTicked }) => isTicked).length
  const total = monitors.length
  return (
    <fieldset class="monitor-choice" id="monitors">
      <legend>Monitors</legend>
      <input type="hidden" name="shownUntil" value={String(shownUntil)} />
      <Option is="all" scope={scope} label="All monitors, including new ones" count={String(total)}>
        {scope === 'all' && <MonitorExceptions exceptions={exceptions} />}
      </Option>
      <Option is="tag" scope={scope} label="Monitors with a tag, including new ones" count={`${tagged} of ${total}`}>
        {tags.length > 0 && <p class="help">Monitors with any of these tags.</p>}
        <div class="monitor-choice-tags">
          {tags.map(({ tag, count, isTicked }) => (
            <Check name="tag" value={tag} label={<bdi>{tag}</bdi>} help={String(count)} isChecked={isTicked} />
          ))}
        </div>
        <Field
          form={form}
          name="tags"
          label={tags.length > 0 ? 'Other tags' : 'Tags'}
          help="Separate tags with spaces."
          autocomplete="off"
        />
        {scope === 'tag' && <MonitorExceptions exceptions={exceptions} />}
      </Option>
      <Option is="these" scope={scope} label="Selected monitors" count={`${ticked} of ${total}`}>
        {ticked === 0 && <p class="help">Select at least one monitor, or the channel sends no alerts.</p>}
        {total === 0 && <p class="help">This project has no monitors yet.</p>}
        {total > FILTERED_FROM && <NameFilter />}
        <ul class="monitor-choice-list" id="monitor-choice-list">
          {monitors.map(({ id, name, isTicked }) => (
            <li data-filter-item>
              <Check name="m" value={String(id)} label={<bdi>{name}</bdi>} isChecked={isTicked} />
            </li>
          ))}
        </ul>
      </Option>
    </fieldset>
  )
}

/** With fewer monitors, a filter is more to read than the list. */
const FILTERED_FROM = 10

function NameFilter() {
  return (
    <div class="needs-script field">
      <label for="find-monitor">Find a monitor</label>
      <input id="find-monitor" type="search" autocomplete="off" data-filter="monitor-choice-list" />
    </div>
  )
}

interface OptionProps {
  is: ChannelScope['is']
  scope: ChannelScope['is']
  label: string
  count: string
  children?: Child
}

function Option({ is, scope, label, count, children }: OptionProps) {
  return (
    <div class="monitor-choice-option">
      <label class="check">
        <input type="radio" name="scope" value={is} checked={scope === is} />
        <span>{label}</span>
        <span class="monitor-choice-count">{count}</span>
      </label>
      <div class="monitor-choice-details">{children}</div>
    </div>
  )
}

const NAMES_SHOWN = 5

// A monitor's own channels, set through the API or a command, win over the scope. The page must not hide that.
function MonitorExceptions({ exceptions: { missing, extra } }: { exceptions: ScopeExceptions }) {
  if (missing.length === 0 && extra.length === 0) return null
  return (
    <>
      {missing.length > 0 && (
        <p class="help">
          Excluded individually: <Names names={missing} />.
        </p>
      )}
      {extra.length > 0 && (
        <p class="help">
          Added individually: <Names names={extra} />.
        </p>
      )}
      <Check name="applyAgain" label="Remove these exceptions" isChecked={false} />
    </>
  )
}

function Names({ names }: { names: readonly string[] }) {
  const more = names.length - NAMES_SHOWN
  return (
    <>
      {names.slice(0, NAMES_SHOWN).map((name, index) => (
        <>
          {index > 0 && ', '}
          <bdi>{name}</bdi>
        </>
      ))}
      {more > 0 && ` and ${more} more`}
    </>
  )
}
