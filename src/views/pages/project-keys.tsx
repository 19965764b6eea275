import { displayName } from '#domain/account.ts'
import { API_KEY_ACCESS, type ApiKeyAccess, type OwnProject } from '#domain/project.ts'
import { url } from '#lib/base-path.ts'
import { Copyable } from '#views/components/copyable.tsx'
import { Check, Field, Select } from '#views/components/field.tsx'
import { Moment, type Reading } from '#views/components/moment.tsx'
import { Confirm, formOf, type Returned, Section } from '#views/components/section.tsx'
import { Frame, type FrameContext } from '#views/layouts/frame.tsx'

/** An API key as a page shows it, without the key itself. */
export interface ShownApiKey {
  id: string
  name: string
  /** The first characters of the key. */
  hint: string
  access: ApiKeyAccess
  createdAt: number
  /** Null if the creator is unknown. */
  createdBy: string | null
  maker: { name: string; email: string; isMember: boolean } | null
}

export interface Keys {
  /** The URL of this server. */
  baseUrl: string
  apiKeys: ShownApiKey[]
  /** The ID of the next key, so that a form that is sent twice creates only one. */
  newKeyId: string
  /** Whether the user must confirm their address before they can create keys or mail invitations. */
  mustVerify: boolean
}

const ACCESS_NAMES: Record<ApiKeyAccess, string> = { 'read-write': 'Read and write', 'read-only': 'Read-only' }

const ACCESS_WORDS: Record<ApiKeyAccess, string> = {
  'read-write': 'Read and write: create, edit and delete monitors',
  'read-only': 'Read-only: view monitors without ping URLs',
}

export function PingKeySection({ project, baseUrl }: { project: OwnProject; baseUrl: string }) {
  return (
    <Section id="ping-key" title="Project ping key">
      <p class="soft">
        The secret part of ping URLs with a slug, for example{' '}
        <code class="breakable">{baseUrl}/ping/&lt;project ping key&gt;/backup</code>. Anyone with the key can ping any
        monitor in this project.
      </p>
      <details class="reveal">
        <summary>
          <span class="reveal-mask" aria-hidden="true">
            ••••••••••••
          </span>{' '}
          Show project ping key
        </summary>
        <div class="copy">
          <code id="project-ping-key" class="secret">
            {project.pingKey}
          </code>
          <button type="button" class="button button-small" data-copy="project-ping-key">
            Copy
          </button>
        </div>
      </details>
      <Confirm
        label="Replace"
        about="the project ping key"
        question="Replace the key? Ping URLs with the current key stop working immediately. Update jobs that use them."
        action={url(`/projects/${project.id}/ping-key`)}
        submit="Replace key"
      />
    </Section>
  )
}

interface ApiKeysProps {
  project: OwnProject
  keys: Keys
  reading: Reading
  returned: Returned | null
}

export function ApiKeysSection({ project, keys, reading, returned }: ApiKeysProps) {
  return (
    <Section id="api-keys" title="API keys">
      <p class="soft">
        API keys give programs access to this project through the <a href={url('/docs/api')}>management API</a>.
      </p>
      {keys.apiKeys.length > 0 && (
        <ul class="rows">
          {keys.apiKeys.map((apiKey) => (
            <ApiKeyRow project={project} apiKey={apiKey} reading={reading} />
          ))}
        </ul>
      )}
      {keys.mustVerify ? (
        <p>
          Confirm your email address in your <a href={url('/settings#address')}>settings</a> before you create a key.
        </p>
      ) : (
        <ApiKeyForm project={project} keys={keys} returned={returned} />
      )}
    </Section>
  )
}

/** Which keys of a leaving member to keep. */
export interface KeyChoice {
  keptKeyIds: readonly string[]
  replacesPingKey: boolean
}

interface KeyChoicesProps {
  /** Part of the field names, because one form may ask about several projects. */
  projectId: string
  /** The API keys that the leaving member created. */
  apiKeys: ShownApiKey[]
  /** The label of the list. */
  label: string
  mayReplacePingKey: boolean
  /** The previous choice, in a form that is rendered again. */
  choice?: KeyChoice | undefined
}

/** Asks which keys of a leaving member to revoke. */
export function KeyChoices({ projectId, apiKeys, label, mayReplacePingKey, choice }: KeyChoicesProps) {
  return (
    <>
      {apiKeys.length > 0 && (
        <fieldset class="choices">
          <legend>{label}</legend>
          {apiKeys.map(({ id, name, hint, access }) => (
            <>
              <input type="hidden" name={`shownKey-${projectId}`} value={id} />
              <Check
                name={`revokedKey-${projectId}`}
                value={id}
                isChecked={!choice?.keptKeyIds.includes(id)}
                label={
                  <>
                    <bdi class="breakable">{name || 'Unnamed key'}</bdi> <code>{hint}…</code> (
                    {ACCESS_NAMES[access].toLowerCase()})
                  </>
                }
              />
            </>
          ))}
        </fieldset>
      )}
      {mayReplacePingKey && (
        <Check
          name={`newPingKey-${projectId}`}
          isChecked={choice?.replacesPingKey === true}
          label="Replace the project ping key"
          help="Ping URLs with the current key stop working immediately. Update jobs that use them."
        />
      )}
    </>
  )
}

interface ApiKeyRowProps {
  project: OwnProject
  apiKey: ShownApiKey
  reading: Reading
}

function ApiKeyRow({ project, apiKey, reading }: ApiKeyRowProps) {
  const { id, name, hint, access, createdAt, maker } = apiKey
  return (
    <li class="row">
      <div class="row-main">
        <p class="row-title">
          <b class="breakable" dir="auto">
            {name || 'Unnamed key'}
          </b>
          <span class="tag">{ACCESS_NAMES[access]}</span>
        </p>
        <p class="row-facts">
          <code>{hint}…</code>
          <span>
            created <Moment at={createdAt} reading={reading} />
          </span>
          {maker && (
            <span class="breakable">
              by <bdi>{displayName(maker)}</bdi>
              {!maker.isMember && ', no longer a member'}
            </span>
          )}
        </p>
      </div>
      <Confirm
        label="Revoke"
        about={`the key ${name || hint}`}
        question="Revoke this key? Programs that use it lose access immediately."
        action={url(`/projects/${project.id}/api-keys/${id}/revoke`)}
        submit="Revoke key"
      />
    </li>
  )
}

function ApiKeyForm({ project, keys, returned }: Omit<ApiKeysProps, 'reading'>) {
  const form = formOf(returned, 'api-keys', { access: 'read-write' })
  return (
    <form method="post" action={url(`/projects/${project.id}/api-keys`)} class="form">
      <input type="hidden" name="keyId" value={keys.newKeyId} />
      <Field
        form={form}
        name="keyName"
        label="Key name"
        autocomplete="off"
        help="For example, the name of the program that uses it."
        hasFocus={form.problems.keyName !== undefined}
      />
      <Select
        form={form}
        name="access"
        label="Access"
        options={API_KEY_ACCESS.map((access) => ({ value: access, label: ACCESS_WORDS[access] }))}
      />
      <button type="submit" class="button">
        Create API key
      </button>
    </form>
  )
}

interface NewApiKeyProps {
  context: FrameContext
  project: OwnProject
  apiKey: string
  baseUrl: string
}

/** Shows a new API key, for the only time. */
export function NewApiKeyPage({ context, project, apiKey, baseUrl }: NewApiKeyProps) {
  return (
    <Frame context={context} title="API key" room="project" help="API key">
      <div class="page-head">
        <p class="crumbs">
          <a href={url(`/projects/${project.id}/settings`)} dir="auto">
            {project.name}
          </a>
        </p>
        <h1>API key created</h1>
      </div>
      <section class="section narrow" aria-label="The key">
        <p>
          <b>Copy it now.</b> It won't be shown again, because CronGuard stores only a hash.
        </p>
        <Copyable id="api-key" text={apiKey} what="the API key" />
        <p>Try it:</p>
        <Copyable
          id="api-key-example"
          text={`curl -fsS -H "X-Api-Key: ${apiKey}" ${baseUrl}/api/v3/checks/`}
          what="the example"
        />
        <p class="actions">
          <a class="button button-primary" href={url(`/projects/${project.id}/settings#api-keys`)}>
            Done
          </a>
        </p>
      </section>
    </Frame>
  )
}
