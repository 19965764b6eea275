import type { Example } from './help.ts'

/** Examples by command; "" is the program itself. */
export const EXAMPLES: Record<string, readonly Example[]> = {
  '': [
    ['Create the first account and print its password', 'user create you@example.com --admin'],
    ['Create a monitor and print its ping URL', 'monitor add you@example.com backup --schedule "daily at 3am"'],
    ['Check the installation', 'doctor'],
  ],
  serve: [['Use another data folder and port', 'serve', 'CRONGUARD_DATA_DIR=./data CRONGUARD_PORT=9000']],
  migrate: [['Upgrade the database before starting a new version', 'migrate']],
  'config check': [['Check the settings after a change', 'config check']],
  'config show': [
    ['Show all settings and their sources', 'config show'],
    ['Show them as JSON', 'config show --json'],
  ],
  doctor: [
    ['Run all checks', 'doctor'],
    ['Run them with JSON output', 'doctor --json'],
  ],
  'project list': [['List projects as JSON', 'project list you@example.com --json']],
  'project words': [
    ['List the words to hide', 'project words you@example.com'],
    ['Replace them with the lines of standard input', 'project words you@example.com --stdin'],
  ],
  'monitor list': [
    ['List all monitors with their status', 'monitor list you@example.com'],
    ['List the monitors of a project as JSON', 'monitor list you@example.com --project Servers --json'],
  ],
  'monitor add': [
    ['Use a schedule in words', 'monitor add you@example.com backup --schedule "weekdays at 18:30" --tz Europe/Riga'],
    ['Use a cron expression', 'monitor add you@example.com report --schedule "0 3 * * *" --grace "1 hour"'],
    ['Notify one channel', 'monitor add you@example.com sync --schedule "every 5 minutes" --channels "On call"'],
  ],
  'monitor update': [
    ['Change the grace period', 'monitor update you@example.com backup --grace "2 hours"'],
    ['Alert after two failures', 'monitor update you@example.com backup --failures-to-alert 2'],
  ],
  'monitor pause': [['Pause a monitor before maintenance', 'monitor pause you@example.com backup']],
  'monitor resume': [['Resume it afterwards', 'monitor resume you@example.com backup']],
  'monitor rm': [
    ['Delete a monitor after confirmation', 'monitor rm you@example.com backup'],
    ['Delete it in a script', 'monitor rm you@example.com backup --yes'],
  ],
  'incident list': [
    ['List open incidents', 'incident list you@example.com --open'],
    ['List the last 100 incidents as JSON', 'incident list you@example.com --count 100 --json'],
  ],
  ack: [['Acknowledge an incident with a note', 'ack you@example.com backup --note "Freeing the disk"']],
  'snooze start': [
    ['Snooze the monitors of a machine', 'snooze start you@example.com --tag nas --for 2h'],
    ['Snooze a monitor until it recovers', 'snooze start you@example.com --monitor backup'],
  ],
  'snooze list': [['List snoozes with their IDs', 'snooze list you@example.com']],
  'snooze end': [['End a snooze early', 'snooze end you@example.com 6f1c2d3e-4a5b-4c6d-8e7f-001122334455']],
  'maintenance start': [
    ['Begin maintenance of a machine', 'maintenance start you@example.com --tag nas --for 2h'],
    ['Plan updates every Sunday', 'maintenance start you@example.com --schedule "every Sunday at 3am" --for 1h'],
  ],
  'maintenance list': [['List maintenance as JSON', 'maintenance list you@example.com --json']],
  'maintenance end': [
    ['End maintenance early', 'maintenance end you@example.com 6f1c2d3e-4a5b-4c6d-8e7f-001122334455'],
  ],
  'channel list': [['List channels and their state', 'channel list you@example.com']],
  'channel update': [
    ['Notify about all monitors, including new ones', 'channel update you@example.com "On call" --monitors all'],
    ['Notify about monitors with a tag', 'channel update you@example.com "On call" --monitors tag:prod'],
    ['Hold notifications at night', 'channel update you@example.com "On call" --quiet-hours 22:00-07:00'],
    ['Escalate to it after 30 minutes', 'channel update you@example.com Boss --delay 30m'],
  ],
  'channel test': [['Test a channel by its name', 'channel test you@example.com "On call"']],
  'schedule next': [
    ['Show times across a clock change', 'schedule next "30 3 * * *" --tz Europe/Riga --from 2026-03-27'],
    ['Use a schedule in words', 'schedule next "last Friday of the month at 17:00" --count 12'],
  ],
  'user list': [['List users as JSON', 'user list --json']],
  'user create': [
    ['Create an administrator and print the password', 'user create you@example.com --admin'],
    ['Set the password yourself', 'user create you@example.com --password-stdin < password.txt'],
  ],
  'user reset-password': [['Print a new password', 'user reset-password you@example.com']],
  'user delete': [
    ['Show what would be deleted, then ask', 'user delete you@example.com'],
    ['Delete a user in a script', 'user delete you@example.com --yes'],
  ],
  'key create': [['Create a read-only API key', 'key create you@example.com --read-only']],
  'key list': [['List API keys with their IDs', 'key list you@example.com']],
  'key delete': [['Delete an API key by its ID', 'key delete you@example.com 3f0c2f6e-8a1b-4a52-9d53-0b4a1f6f7c11']],
  'key ping': [['Print the key for URLs like /ping/<key>/<slug>', 'key ping you@example.com']],
  backup: [
    ['Back up into the data folder', 'backup'],
    ['Back up into another folder and keep the newest 30', 'backup --to ./nightly --keep 30'],
  ],
  'backup verify': [['Check a backup before you need it', 'backup verify ./nightly/cronguard-20261124T030000Z.db']],
  restore: [['Restore a backup while the server is stopped', 'restore ./nightly/cronguard-20261124T030000Z.db']],
  export: [['Export to a file for version control', 'export cronguard.json']],
  import: [
    ['Show what would change', 'import cronguard.json --dry-run'],
    ['Import from another machine', 'import -', 'ssh other cronguard export --with-secrets |'],
  ],
  version: [['Print the version', 'version']],
  completion: [
    ['Install completion for bash', 'completion bash > ~/.local/share/bash-completion/completions/cronguard'],
  ],
}
