import type { Example } from './help.ts'

/** Of every command, by its words; "" is the program itself. */
export const EXAMPLES: Record<string, readonly Example[]> = {
  '': [
    ['The first account; prints a password', 'user create you@example.com --admin'],
    ['A job of every night; prints the URL to call', 'monitor add you@example.com backup --schedule "daily at 3am"'],
    ['Is everything well', 'doctor'],
  ],
  serve: [['With its data here, on another port', 'serve', 'CRONGUARD_DATA_DIR=./data CRONGUARD_PORT=9000']],
  migrate: [['Before the first start of a new version', 'migrate']],
  'config check': [['After a change of the settings', 'config check']],
  'config show': [
    ['What counts, and who said so', 'config show'],
    ['For a program', 'config show --json'],
  ],
  doctor: [
    ['For people', 'doctor'],
    ['For a program', 'doctor --json'],
  ],
  'project list': [['For a program', 'project list you@example.com --json']],
  'monitor list': [
    ['How everything is', 'monitor list you@example.com'],
    ['For a program', 'monitor list you@example.com --project Servers --json'],
  ],
  'monitor add': [
    ['In words', 'monitor add you@example.com backup --schedule "weekdays at 18:30" --tz Europe/Riga'],
    ['As in its crontab', 'monitor add you@example.com report --schedule "0 3 * * *" --grace "1 hour"'],
    ['Telling one alone', 'monitor add you@example.com sync --schedule "every 5 minutes" --channels "On call"'],
  ],
  'monitor pause': [['Before maintenance', 'monitor pause you@example.com backup']],
  'monitor resume': [['After it', 'monitor resume you@example.com backup']],
  'monitor rm': [
    ['Asks first', 'monitor rm you@example.com backup'],
    ['In a script', 'monitor rm you@example.com backup --yes'],
  ],
  'incident list': [
    ['What is down now', 'incident list you@example.com --open'],
    ['For a program', 'incident list you@example.com --count 100 --json'],
  ],
  'channel list': [['Who is told, and whether that works', 'channel list you@example.com']],
  'channel test': [['By its name', 'channel test you@example.com "On call"']],
  'schedule next': [
    ['Across a night in which clocks change', 'schedule next "30 3 * * *" --tz Europe/Riga --from 2026-03-27'],
    ['In words', 'schedule next "last friday of the month at 17:00" --count 12'],
  ],
  'user list': [['For a program', 'user list --json']],
  'user create': [
    ['Prints a password', 'user create you@example.com --admin'],
    ['With one of your own', 'user create you@example.com --password-stdin < password.txt'],
  ],
  'user reset-password': [['Prints a new one', 'user reset-password you@example.com']],
  'user delete': [
    ['Lists what it deletes, then asks', 'user delete you@example.com'],
    ['In a script', 'user delete you@example.com --yes'],
  ],
  'key create': [['For a script', 'key create you@example.com --read-only']],
  'key list': [['Their ids, for `key delete`', 'key list you@example.com']],
  'key delete': [['By its id', 'key delete you@example.com 3f0c2f6e-8a1b-4a52-9d53-0b4a1f6f7c11']],
  'key ping': [['For URLs like /ping/<key>/<slug>', 'key ping you@example.com']],
  backup: [
    ['Into the data folder', 'backup'],
    ['Into a folder elsewhere, of which the newest 30 stay there', 'backup --to ./nightly --keep 30'],
  ],
  'backup verify': [['Before you need it', 'backup verify ./nightly/cronguard-20261124T030000Z.db']],
  restore: [['While the server is stopped', 'restore ./nightly/cronguard-20261124T030000Z.db']],
  export: [['To keep it under version control', 'export cronguard.json']],
  import: [
    ['What would be done', 'import cronguard.json --dry-run'],
    ['From another machine', 'import -', 'ssh other cronguard export --with-secrets |'],
  ],
  version: [['Which one is this', 'version']],
  completion: [['For the bash of this user', 'completion bash > ~/.local/share/bash-completion/completions/cronguard']],
}
