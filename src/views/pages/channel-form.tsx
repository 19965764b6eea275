import type { ChannelField, KIND_GROUPS } from '#domain/channel.ts'
import type { OwnProject } from '#domain/project.ts'
import type { Child } from '#jsx/jsx-runtime'
import { type Address, url } from '#lib/base-path.ts'
import { MailBanner } from '#views/components/channel.tsx'
import { DraftTestButton, SetupButton } from '#views/components/channel-draft.tsx'
import { ChannelRulesFields } from '#views/components/channel-rules.tsx'
import {
  Check,
  Field,
  FormProblem,
  type FormState,
  SeenField,
  Select,
  TextArea,
  Ticks,
} from '#views/components/field.tsx'
import { MessagePreview, type PreviewProps } from '#views/components/message-preview.tsx'
import { MonitorChoice, type MonitorChoiceProps } from '#views/components/monitor-choice.tsx'
import { PushSubscription } from '#views/components/push-subscription.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'
import type { Guide } from './docs/guide.tsx'

/** A kind of channel as a form needs it. */
export interface KindView {
  kind: string
  label: string
  group: (typeof KIND_GROUPS)[number]
  offer: string
  guide: string | null
  fields: readonly ChannelField[]
  setup?: { field: string; label: string; help: string }
  presets?: readonly { label: string }[]
  /** For a group, which sends nothing itself. */
  members?: unknown
  /** For a kind that a browser subscribes to: the server's public key. */
  pushKey?: string | undefined
}

const INPUT_TYPES = { address: 'email', url: 'url', secret: 'password', text: 'text', number: 'number' } as const

/** The form field of a setting. The prefix keeps it apart from other fields. */
export function settingField(name: string): string {
  return `setting-${name}`
}

export function removalField(name: string): string {
  return `remove-${name}`
}

interface NewChannelProps {
  context: FrameContext
  project: OwnProject
  kind: KindView
  form: FormState
  problem: string | null
  lacksMailServer: boolean
  choice: MonitorChoiceProps
  preview: PreviewProps
  /** What to do in the service first; null if nothing is to be done. */
  guide: Guide | null
}

export function NewChannelPage({
  context,
  project,
  kind,
  form,
  problem,
  lacksMailServer,
  choice,
  preview,
  guide,
}: NewChannelProps) {
  const path = url(`/projects/${project.id}/channels`)
  return (
    <Frame context={context} title={`New channel: ${kind.label}`} room="channels" help="new channel">
      <ChannelHead path={path} title={`New channel: ${kind.label}`}>
        <a href={`${path}/new`}>Choose another service</a>
      </ChannelHead>
      {lacksMailServer && <MailBanner isAdmin={context.user.isAdmin} />}
      {kind.presets && (
        <p>
          Start from:{' '}
          {kind.presets.map(({ label }, index) => (
            <>
              {index > 0 && ', '}
              <a href={`${path}/new?kind=${encodeURIComponent(kind.kind)}&preset=${index}`}>{label}</a>
            </>
          ))}
        </p>
      )}
      <div class="channel-editor">
        <div>
          {guide && <ChannelGuide label={kind.label} guide={guide} />}
          <ChannelForm
            action={path}
            drafts={url(`/projects/${project.id}/channels/draft`)}
            kind={kind}
            form={form}
            problem={problem}
            storedSecrets={[]}
            submit="Create channel"
            choice={choice}
            now={context.now}
          />
        </div>
        <MessagePreview {...preview} />
      </div>
    </Frame>
  )
}

function ChannelGuide({ label, guide }: { label: string; guide: Guide }) {
  return (
    <details class="channel-guide" open={guide.isShort}>
      <summary>Set up {label}</summary>
      <div class="docs-section">{guide.content}</div>
    </details>
  )
}

export function ChannelHead({ path, title, children }: { path: string; title: string; children?: Child }) {
  return (
    <div class="page-head">
      <p class="crumbs">
        <a href={path}>Channels</a>
      </p>
      <h1>{title}</h1>
      {children}
    </div>
  )
}

export interface ChannelFormProps {
  action: Address
  /** Where unsaved settings are tried. */
  drafts: Address
  /** Absent for a new channel. */
  channelId?: string
  kind: KindView
  form: FormState
  problem: string | null
  /** The names of the stored secrets, never the secrets. */
  storedSecrets: readonly string[]
  submit: string
  choice: MonitorChoiceProps
  now: number
}

/** The form of a channel, built from the fields of its kind. */
export function ChannelForm(props: ChannelFormProps) {
  const { action, drafts, channelId, kind, form, problem, storedSecrets, submit, choice, now } = props
  return (
    <form method="post" action={action} class="form" autocomplete="off">
      <FormProblem text={problem} />
      <SeenField form={form} />
      <input type="hidden" name="kind" value={kind.kind} />
      {channelId && <input type="hidden" name="channel" value={channelId} />}
      <Field
        form={form}
        name="name"
        label="Name"
        help={`Shown in lists and notifications. Leave empty for “${kind.label}”.`}
      />
      {kind.pushKey !== undefined && (
        <PushSubscription
          pushKey={kind.pushKey}
          names={kind.fields.filter(isSecret).map(({ name }) => settingField(name))}
          form={form}
          isStored={storedSecrets.length > 0}
        />
      )}
      <div
        class="channel-settings"
        hx-post={`${drafts}/preview`}
        hx-trigger="input delay:400ms, change"
        hx-sync="this:replace"
        hx-include="closest form"
        hx-target="#preview"
        hx-swap="outerHTML"
      >
        <Settings
          fields={kind.fields.filter((field) => kind.pushKey === undefined || !isSecret(field))}
          form={form}
          storedSecrets={storedSecrets}
          setup={kind.setup && { ...kind.setup, path: drafts }}
        />
      </div>
      <MonitorChoice choice={choice} form={form} />
      <ChannelRulesFields form={form} now={now} />
      <div class="actions">
        <button type="submit" class="button button-primary">
          {submit}
        </button>
        {!kind.members && <DraftTestButton path={drafts} label={channelId ? 'Test these settings' : 'Send test'} />}
      </div>
      <div id="draft-test" class="test-place" role="status" />
    </form>
  )
}

function Settings({ fields, form, storedSecrets, setup }: SettingsProps) {
  const sections = [...new Set(fields.map(({ section }) => section))]
  return (
    <>
      {sections.map((title) => {
        const own = fields.filter(({ section }) => section === title)
        const inputs = own.map((field) => (
          <>
            {setup?.field === field.name && <SetupButton {...setup} />}
            <SettingField field={field} form={form} isStored={storedSecrets.includes(field.name)} />
          </>
        ))
        const isOpen = own.some((field) => isFilledIn(field, form))
        return title === undefined ? (
          inputs
        ) : (
          <details class="channel-settings-more" open={isOpen}>
            <summary>{title}</summary>
            {inputs}
          </details>
        )
      })}
    </>
  )
}

function isSecret({ type }: ChannelField): boolean {
  return type === 'secret'
}

function isFilledIn({ name, initial = '' }: ChannelField, { values, problems }: FormState): boolean {
  const field = settingField(name)
  return problems[field] !== undefined || (values[field] ?? '') !== initial
}

interface SettingsProps {
  fields: readonly ChannelField[]
  form: FormState
  storedSecrets: readonly string[]
  /** The look-up of a setting, and where it is requested. */
  setup: { field: string; label: string; help: string; path: Address } | undefined
}

interface SettingProps {
  field: ChannelField
  form: FormState
  isStored: boolean
}

function SettingField({ field, form, isStored }: SettingProps) {
  const { name, label, type, isRequired, options = [] } = field
  const hasHelp = field.help !== undefined || field.link !== undefined || isStored
  const help = hasHelp && <FieldHelp field={field} isStored={isStored} />
  const props = { form, name: settingField(name), label, help }
  if (type === 'choice') return <Select {...props} options={options} />
  if (type === 'lines') return <TextArea {...props} isRequired={isRequired} />
  if (type === 'channels') return <Ticks {...props} options={options} />
  if (type === 'flag') return <Check {...props} isChecked={form.values[props.name] === 'on'} />
  return (
    <>
      <Field
        {...props}
        type={INPUT_TYPES[type]}
        isRequired={isRequired && !isStored}
        autocomplete={type === 'secret' ? 'new-password' : 'off'}
      />
      {isStored && !isRequired && (
        <Check
          name={removalField(name)}
          label={`Remove the stored value of “${label}”`}
          isChecked={form.values[removalField(name)] !== undefined}
        />
      )}
    </>
  )
}

function FieldHelp({ field: { help, link }, isStored }: { field: ChannelField; isStored: boolean }) {
  return (
    <>
      {help}
      {isStored && ' Leave empty to keep the stored value.'}
      {link && (
        <>
          {' '}
          <a href={link.url.startsWith('/') ? url(link.url) : link.url} rel="noopener noreferrer" target="_blank">
            {link.label}
          </a>
        </>
      )}
    </>
  )
}
