// How the messages `DOWN` and `UP` of `service.ts` read in the common formats, without title and links.
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

interface Texts {
  down: string
  up: string
}

function textsOf(output: string, fact: (label: string, value: string) => string): Texts {
  const facts = (list: typeof FACTS) => list.map(([label, value]) => fact(label, value)).join('\n')
  return {
    down: [DOWN_DETAILS, output, facts(DOWN_FACTS), DESCRIPTION].join('\n\n'),
    up: [UP_DETAILS, facts(UP_FACTS), DESCRIPTION].join('\n\n'),
  }
}

export const PLAIN_TEXTS = textsOf(OUTPUT, (label, value) => `${label}: ${value}`)

export const MARKDOWN_TEXTS = textsOf(`\`\`\`\n${OUTPUT}\n\`\`\``, (label, value) => `**${label}**: ${value}`)

export const HTML_TEXTS = textsOf(
  '<pre>pg_dump: error: connection to server failed\nFATAL: &lt;disk&gt; &amp; &quot;quota&quot; *exceeded*</pre>',
  (label, value) => `<b>${label}</b>: ${value}`,
)
