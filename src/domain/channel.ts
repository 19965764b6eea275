/** One configured way to reach people. */
export interface Channel {
  id: string
  projectId: string
  /** What kind of channel it is; the kinds are listed in `channels/index.ts`. */
  kind: string
  name: string
  /** As the kind's schema reads them. They may hold secrets. */
  settings: unknown
}

export const CHANNEL_NAME_MAX = 100
