import { z } from 'zod'
import { GROUP_MEMBERS_MAX } from '#domain/channel.ts'
import type { ChannelKind } from './kind.ts'

interface GroupSettings {
  /** The IDs of its channels, separated by commas. */
  members: string
}

/** Sends nothing itself: each of its channels gets a delivery with its own retries. */
export const group: ChannelKind<GroupSettings> = {
  kind: 'group',
  label: 'Group',
  group: 'Automation and groups',
  offer: 'Notifies several channels of this project.',
  guide: 'group',
  needsMailServer: false,
  fields: [
    {
      name: 'members',
      label: 'Channels',
      help: `Up to ${GROUP_MEMBERS_MAX} channels. Each retries on its own.`,
      type: 'channels',
      isRequired: true,
    },
  ],
  settings: z.object({
    members: z
      .string()
      .min(1, { error: 'Choose at least one channel.', abort: true })
      .refine(
        (members) => idsIn(members).every((id) => z.uuid().safeParse(id).success),
        'Choose channels of this project.',
      )
      .refine((members) => idsIn(members).length <= GROUP_MEMBERS_MAX, `Choose at most ${GROUP_MEMBERS_MAX} channels.`)
      .transform((members) => idsIn(members).join(',')),
  }),
  summary: ({ members }) => (idsIn(members).length === 1 ? '1 channel' : `${idsIn(members).length} channels`),
  members: ({ members }) => idsIn(members),
  send: () => Promise.reject(new Error('A group has no deliveries of its own.')),
}

function idsIn(members: string): string[] {
  return [...new Set(members.split(',').map((id) => id.trim()))]
}
