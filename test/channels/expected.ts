// How the messages `DOWN`, `UP`, `GAP` and `TEST` of `service.ts` read in the common formats, without title and links.
const FACTS: [label: string, value: string][] = [
  ['Project', 'Ops'],
  ['Schedule', 'every hour, grace period 10 minutes'],
]

export const OUTPUT = 'pg_dump: error: connection to server failed\nFATAL: <disk> & "quota" *exceeded*'
export const DESCRIPTION = 'Copies the database.'

export const DOWN_DETAILS = 'The job failed with exit status 3.'
export const DOWN_FACTS: [label: string, value: string][] = [
  ['Down since', '1 Mar 2026, 12:00:00 UTC'],
  ...FACTS,
  ['Last ping', 'exit status 3, just now'],
  ['Total pings', '7'],
  ['Tags', 'db prod'],
]

export const UP_DETAILS = 'The job recovered after 2 hours 1 minute of downtime.'
export const UP_FACTS: [label: string, value: string][] = [
  ['Up since', '1 Mar 2026, 12:00:00 UTC'],
  ...FACTS,
  ['Last ping', 'success, 1 hour 10 minutes ago'],
  ['Total pings', '7'],
  ['Tags', 'db prod'],
]

export const GAP_DETAILS =
  'CronGuard was offline for 39 minutes, until 1 Mar 2026, 12:00:00 UTC: it crashed or was killed. ' +
  'The deadlines of 2 monitors were extended by one grace period.'
export const GAP_FACTS: [label: string, value: string][] = [
  ['Offline since', '1 Mar 2026, 11:21:00 UTC'],
  ['Online again', '1 Mar 2026, 12:00:00 UTC'],
  ['Project', 'Ops'],
  ['Monitors', 'backup, billing'],
]

export const TEST_DESCRIPTION = 'A sample monitor for test notifications.'
export const TEST_DETAILS =
  'This is a test. A real notification says: “No ping received. One was due on 1 Mar 2026, 11:30:00 UTC, ' +
  'with a grace period of 30 minutes.”'
export const TEST_FACTS: [label: string, value: string][] = [
  ['Down since', '1 Mar 2026, 12:00:00 UTC'],
  ['Project', 'Ops'],
  ['Schedule', 'every hour, grace period 30 minutes'],
  ['Last ping', 'success, 1 hour 30 minutes ago'],
  ['Total pings', '42'],
  ['Tags', 'test'],
]

interface Texts {
  down: string
  up: string
  gap: string
  test: string
}

function textsOf(output: string, fact: (label: string, value: string) => string): Texts {
  const facts = (list: typeof FACTS) => list.map(([label, value]) => fact(label, value)).join('\n')
  return {
    down: [DOWN_DETAILS, output, facts(DOWN_FACTS), DESCRIPTION].join('\n\n'),
    up: [UP_DETAILS, facts(UP_FACTS), DESCRIPTION].join('\n\n'),
    gap: [GAP_DETAILS, facts(GAP_FACTS)].join('\n\n'),
    test: [TEST_DETAILS, facts(TEST_FACTS), TEST_DESCRIPTION].join('\n\n'),
  }
}

export const PLAIN_TEXTS = textsOf(OUTPUT, (label, value) => `${label}: ${value}`)

export const MARKDOWN_TEXTS = textsOf(`\`\`\`\n${OUTPUT}\n\`\`\``, (label, value) => `**${label}**: ${value}`)

export const HTML_TEXTS = textsOf(
  '<pre>pg_dump: error: connection to server failed\nFATAL: &lt;disk&gt; &amp; &quot;quota&quot; *exceeded*</pre>',
  (label, value) => `<b>${label}</b>: ${value}`,
)
