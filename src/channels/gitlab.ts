import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { cutEnd } from '#lib/cut.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import type { OutboundRequest } from '#lib/outbound.ts'
import { contentOf } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { secretToken, serverUrl, shownServer, withoutSlash } from './shared/fields.ts'
import { callService, type ServiceRequest, sendRequest } from './shared/http.ts'
import { issueText, labelsOf, sendIssue, withoutReferences } from './shared/issues.ts'

interface GitLabSettings {
  server: string
  project: string
  token: string
  labels?: string | undefined
}

const TITLE_MAX = 255
/** GitLab allows a million characters, which no one reads. */
const TEXT_MAX = 60_000

export const gitlab: ChannelKind<GitLabSettings> = {
  kind: 'gitlab',
  label: 'GitLab issue',
  group: 'Issues',
  offer: 'Opens an issue when a monitor goes down and closes it on recovery.',
  guide: 'gitlab-issue',
  needsMailServer: false,
  isPerIncident: true,
  fields: [
    {
      name: 'server',
      label: 'Server',
      help: 'gitlab.com, or the URL of your own GitLab server.',
      type: 'url',
      isRequired: true,
      initial: 'https://gitlab.com',
    },
    {
      name: 'project',
      label: 'Project',
      help: 'The path, such as “acme/backups”, or the project ID.',
      type: 'text',
      isRequired: true,
    },
    {
      name: 'token',
      label: 'Access token',
      help: 'A project access token with the “Reporter” role and the “api” scope.',
      type: 'secret',
      isRequired: true,
      link: {
        label: 'Create a token',
        url: 'https://docs.gitlab.com/user/project/settings/project_access_tokens/#create-a-project-access-token',
      },
    },
    {
      name: 'labels',
      label: 'Labels',
      help: 'For new issues, separated by commas.',
      type: 'text',
      isRequired: false,
      initial: 'cronguard',
    },
  ],
  settings: z.object({
    server: serverUrl(),
    project: z
      .string()
      .max(300)
      .regex(/^(\d+|[\w.-]+(\/[\w.-]+)+)$/, 'Enter the path of the project, such as “acme/backups”, or its ID.'),
    token: secretToken(),
    labels: z.string().max(200).optional(),
  }),
  summary: ({ server, project }) => `${project} on ${shownServer(server)}`,
  send,
}

async function send(settings: GitLabSettings, message: Message, transports: Transports): Promise<Outcome> {
  const issues = `${withoutSlash(settings.server)}/api/v4/projects/${encodeURIComponent(settings.project)}/issues`
  const call = (method: OutboundRequest['method'], path: string, json?: unknown): ServiceRequest => ({
    method,
    url: `${issues}${path}`,
    headers: { 'PRIVATE-TOKEN': settings.token },
    json,
  })
  const title = cutEnd(withoutReferences(withVisibleDirections(contentOf(message).title)), TITLE_MAX)
  const text = issueText(message, TEXT_MAX)
  return await sendIssue(message, {
    search: (key) => {
      const query = new URLSearchParams({ search: key, in: 'description', per_page: '1' })
      return callService(call('GET', `?${query}`), { message, transports })
    },
    idIn: ({ json }) => (Array.isArray(json) ? json[0]?.iid : null),
    create: () => {
      const labels = labelsOf(settings.labels).join(',')
      const issue = { title, description: text, ...(labels !== '' && { labels }) }
      return sendRequest(call('POST', '', issue), { message, transports, rules: { receiptOf: ({ json }) => json.iid } })
    },
    close: (iid) => sendRequest(call('PUT', `/${iid}`, { state_event: 'close' }), { message, transports }),
    comment: (iid) =>
      sendRequest(call('POST', `/${iid}/notes`, { body: `**${title}**\n\n${text}` }), { message, transports }),
  })
}
