import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { cutEnd } from '#lib/cut.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import { contentOf, isNotice } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { requestUrl, secretToken, shownServer } from './shared/fields.ts'
import { sendRequest } from './shared/http.ts'
import { ISSUE_MARKDOWN, withoutReferences } from './shared/issues.ts'
import { renderText } from './shared/markup.ts'

interface GitLabAlertSettings {
  url: string
  key: string
}

const TITLE_MAX = 200
const DESCRIPTION_MAX = 1000

export const gitlabAlert: ChannelKind<GitLabAlertSettings> = {
  kind: 'gitlab-alert',
  label: 'GitLab alert',
  group: 'On-call',
  offer: 'Triggers an alert in a GitLab project when a monitor goes down and resolves it on recovery.',
  guide: 'gitlab-alert',
  needsMailServer: false,
  isPerIncident: true,
  fields: [
    {
      name: 'url',
      label: 'Webhook URL',
      help: 'Add an HTTP endpoint, and copy the webhook URL from its credentials.',
      type: 'url',
      isRequired: true,
      link: {
        label: 'Create an HTTP endpoint',
        url: 'https://docs.gitlab.com/operations/incident_management/integrations/',
      },
    },
    {
      name: 'key',
      label: 'Authorization key',
      help: 'Shown below the webhook URL.',
      type: 'secret',
      isRequired: true,
    },
  ],
  settings: z.object({ url: requestUrl(), key: secretToken() }),
  summary: ({ url }) => shownServer(new URL(url).origin + new URL(url).pathname.replace(/\/alerts\/notify.*/, '')),
  send,
}

// An alert without an end may be closed only by people, so what needs no action is sent with one.
async function send({ url, key }: GitLabAlertSettings, message: Message, transports: Transports): Promise<Outcome> {
  const content = contentOf(message)
  const { notification, thread } = message
  const at = new Date(notification.at).toISOString()
  const json = {
    title: cutEnd(withoutReferences(withVisibleDirections(content.title)), TITLE_MAX),
    description: renderText(content, ISSUE_MARKDOWN, { max: DESCRIPTION_MAX, without: ['title', 'links'] }),
    ...(notification.status === 'up' ? {} : { start_time: at }),
    ...(notification.status === 'down' && !notification.isTest ? {} : { end_time: at }),
    severity: isNotice(content) ? 'medium' : notification.isTest ? 'info' : 'critical',
    monitoring_tool: 'CronGuard',
    service: cutEnd(withVisibleDirections(notification.project), 100),
    fingerprint: thread.key,
    link: message.links.open,
  }
  return await sendRequest({ url, headers: { Authorization: `Bearer ${key}` }, json }, { message, transports })
}
