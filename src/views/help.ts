/** Which page of the documentation explains which screen: its path below "/docs", with an anchor where that helps. */
export const HELP = {
  monitors: '/monitors',
  'new monitor': '/schedules',
  'manual report': '/pinging#ping-urls',
  ping: '/pinging#send-output',
  incidents: '/alerts#when-channels-are-notified',
  channels: '/alerts#channels',
  'new channel': '/alerts#channels',
  project: '/team#roles',
  'new project': '/team',
  'API key': '/api#create-an-api-key',
  settings: '/team#sessions-and-sign-in-limits',
  'delete account': '/team#delete-a-user',
  instance: '/operating',
  'sign in': '/team#reset-a-password',
  setup: '/getting-started#create-your-account',
  docs: '',
  /** For pages without a topic, such as errors. */
  other: '',
  start: '/getting-started',
} as const

export type HelpTopic = keyof typeof HELP
