import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { cutEnd } from '#lib/cut.ts'
import { withVisibleDirections } from '#lib/invisible.ts'
import { contentOf } from '#words/message.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { fingerprint, secretToken } from './shared/fields.ts'
import { type ServiceAnswer, sendRequest } from './shared/http.ts'
import { PLAIN_UNLINKED, renderText } from './shared/markup.ts'

interface PushbulletSettings {
  token: string
  device?: string | undefined
  channelTag?: string | undefined
}

const TITLE_MAX = 250
const BODY_MAX = 4000

export const pushbullet: ChannelKind<PushbulletSettings> = {
  kind: 'pushbullet',
  label: 'Pushbullet',
  group: 'Push',
  offer: 'Sends push notifications to Android devices and browsers.',
  guide: 'pushbullet',
  needsMailServer: false,
  fields: [
    {
      name: 'token',
      label: 'Access token',
      help: 'Create one in Pushbullet under “Settings > Account”.',
      type: 'secret',
      isRequired: true,
      link: { label: 'Create a token', url: 'https://www.pushbullet.com/#settings/account' },
    },
    {
      name: 'device',
      label: 'Device',
      help: 'The ID of a device. Leave empty to notify all devices.',
      type: 'text',
      isRequired: false,
    },
    {
      name: 'channelTag',
      label: 'Channel tag',
      help: 'The tag of your Pushbullet channel, to notify its subscribers instead.',
      type: 'text',
      isRequired: false,
    },
  ],
  settings: z.object({
    token: secretToken(),
    device: z.string().max(100).optional(),
    channelTag: z.string().max(100).optional(),
  }),
  summary: ({ token, device, channelTag }) =>
    `${channelTag ? `Channel ${channelTag}` : (device ?? 'All devices')} (${fingerprint(token)})`,
  send,
}

// A push with the ID of an earlier one creates no second one.
async function send(
  { token, device, channelTag }: PushbulletSettings,
  message: Message,
  transports: Transports,
): Promise<Outcome> {
  const content = contentOf(message)
  const [open, ...others] = content.links
  const request = {
    url: 'https://api.pushbullet.com/v2/pushes',
    headers: { 'Access-Token': token },
    json: {
      type: 'link',
      guid: message.deliveryId,
      title: cutEnd(withVisibleDirections(content.title), TITLE_MAX),
      body: renderText({ ...content, links: others }, PLAIN_UNLINKED, { max: BODY_MAX, without: ['title'] }),
      url: open?.url,
      ...(channelTag ? { channel_tag: channelTag } : device && { device_iden: device }),
    },
  }
  const textOf = ({ json }: ServiceAnswer) => (json.error as { message?: unknown } | undefined)?.message
  return await sendRequest(request, { message, transports, rules: { textOf } })
}
