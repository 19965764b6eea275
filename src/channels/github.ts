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

interface GitHubSettings {
  server: string
  repository: string
  token: string
  labels?: string | undefined
}

const TITLE_MAX = 256
/** A comment begins with the title. */
const BODY_MAX = 65_536 - TITLE_MAX - 10

export const github: ChannelKind<GitHubSettings> = {
  kind: 'github',
  label: 'GitHub issue',
  group: 'Issues',
  offer: 'Opens an issue when a monitor goes down and closes it on recovery.',
  guide: 'github-issue',
  needsMailServer: false,
  isPerIncident: true,
  fields: [
    {
      name: 'server',
      label: 'Server',
      help: 'github.com, or the URL of your GitHub Enterprise Server.',
      type: 'url',
      isRequired: true,
      initial: 'https://github.com',
    },
    {
      name: 'repository',
      label: 'Repository',
      help: 'The owner and name, such as “acme/backups”.',
      type: 'text',
      isRequired: true,
    },
    {
      name: 'token',
      label: 'Access token',
      help: 'A fine-grained token for this repository, with read and write access to issues.',
      type: 'secret',
      isRequired: true,
      link: { label: 'Create a token', url: 'https://github.com/settings/personal-access-tokens/new' },
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
    repository: z
      .string()
      .max(200)
      .regex(/^(?!\.{1,2}\/)[\w.-]+\/(?!\.{1,2}$)[\w.-]+$/, 'Enter the owner and name, such as “acme/backups”.'),
    token: secretToken(),
    labels: z.string().max(200).optional(),
  }),
  summary: ({ server, repository }) => `${repository} on ${shownServer(server)}`,
  send,
}

async function send(settings: GitHubSettings, message: Message, transports: Transports): Promise<Outcome> {
  const call = (method: OutboundRequest['method'], path: string, json?: unknown): ServiceRequest => ({
    method,
    url: `${apiOf(settings.server)}${path}`,
    headers: {
      Authorization: `Bearer ${settings.token}`,
      Accept: 'application/vnd.github+json',
      'X-GitHub-Api-Version': '2022-11-28',
    },
    json,
  })
  const issues = `/repos/${settings.repository}/issues`
  const body = issueText(message, BODY_MAX)
  return await sendIssue(message, {
    search: (key) => {
      const query = new URLSearchParams({ q: `"${key}" in:body is:issue repo:${settings.repository}`, per_page: '1' })
      return callService(call('GET', `/search/issues?${query}`), { message, transports })
    },
    idIn: ({ json }) => (Array.isArray(json.items) ? json.items[0]?.number : null),
    create: () => {
      const labels = labelsOf(settings.labels)
      const request = call('POST', issues, { title: titleOf(message), body, ...(labels.length > 0 && { labels }) })
      return sendRequest(request, { message, transports, rules: { receiptOf: ({ json }) => json.number } })
    },
    close: (number) =>
      sendRequest(call('PATCH', `${issues}/${number}`, { state: 'closed', state_reason: 'completed' }), {
        message,
        transports,
      }),
    comment: (number) => {
      const comment = { body: `**${titleOf(message)}**\n\n${body}` }
      return sendRequest(call('POST', `${issues}/${number}/comments`, comment), { message, transports })
    },
  })
}

// GitHub Enterprise Cloud has a subdomain for its API, and GitHub Enterprise Server a path.
function apiOf(server: string): string {
  const { protocol, host } = new URL(server)
  const isCloud = host === 'github.com' || host.endsWith('.ghe.com')
  return isCloud ? `${protocol}//api.${host}` : `${withoutSlash(server)}/api/v3`
}

function titleOf(message: Message): string {
  return cutEnd(withoutReferences(withVisibleDirections(contentOf(message).title)), TITLE_MAX)
}
