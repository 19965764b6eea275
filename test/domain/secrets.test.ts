import { describe, expect, test } from 'bun:test'
import { redact } from '#domain/secrets.ts'

const NOT_CUT = { start: false, end: false }
const mask = (text: string, words: string[] = []) => redact(text, { keys: [], words, cut: NOT_CUT })

const B64 = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY0123456789'
const JWT = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.${B64}`

// The shapes are those that the services document, as in https://github.com/gitleaks/gitleaks and
// https://docs.github.com/en/code-security/secret-scanning. Split, so that no scanner takes them for real ones.
const TOKENS = [
  `AKIA${'IOSFODNN7EXAMPLE'}`,
  `ghp_${B64.slice(0, 36)}`,
  `github_pat_${B64}`,
  `glpat-${B64.slice(0, 20)}`,
  `xoxb-${'123456789012-1234567890123-abcdefghijkl'}`,
  `sk_live_${B64.slice(0, 24)}`,
  `whsec_${B64.slice(0, 32)}`,
  `AIza${B64.slice(0, 35)}`,
  `ya29.${B64}`,
  `npm_${B64.slice(0, 36)}`,
  `pypi-${B64}`,
  `dckr_pat_${B64.slice(0, 27)}`,
  `SG.${B64.slice(0, 22)}.${B64.slice(0, 43)}`,
  `hf_${B64.slice(0, 34)}`,
  `hvs.${B64}`,
  `123456789:AA${B64.slice(0, 33)}`,
  `cgw_${B64.slice(0, 28)}`,
  JWT,
]

describe('redact', () => {
  test.each(TOKENS)('masks a token: %s', (token) => {
    for (const [before, after] of [
      ['', ''],
      ['using ', ' now'],
      ['"', '"'],
      ['x=', ''],
      ['(', ').'],
    ] as const)
      expect(mask(`${before}${token}${after}`)).toBe(`${before}••••${after}`)
  })

  test.each([
    ['password=hunter2 host=db1', 'password=•••• host=db1'],
    ['DB_PASSWORD="correct horse battery"; next', 'DB_PASSWORD=••••; next'],
    ["{'password': 'hunter2', 'user': 'bob'}", "{'password': ••••, 'user': 'bob'}"],
    ['"client_secret" : "abc\'def", "id": 7', '"client_secret" : ••••, "id": 7'],
    ['aws_secret_access_key = abc/def+ghi', 'aws_secret_access_key = ••••'],
    ['token: 0123456789', 'token: ••••'],
    ['api-key=abc123&page=2', 'api-key=••••&page=2'],
    ['Passphrase => swordfish', 'Passphrase => ••••'],
    ['<Password>hunter2</Password>', '<Password>••••</Password>'],
    [String.raw`{"password":"a\"bcdef","id":7}`, '{"password":••••,"id":7}'],
    [String.raw`token='it\'s secret' next`, 'token=•••• next'],
    ['mysql -u root -phunter2 db', 'mysql -u root -p•••• db'],
    ['mysqldump -phunter2 --all-databases', 'mysqldump -p•••• --all-databases'],
    ['mysql -p db --port 3306', 'mysql -p db --port 3306'],
    ['mysql -p"hun ter2" db', 'mysql -p•••• db'],
    ["sshpass -p 'hun ter2' ssh nas", 'sshpass -p •••• ssh nas'],
    ["redis-cli -a 'hun ter2' ping", 'redis-cli -a •••• ping'],
    ['curl -uadmin:hunter2 https://x', 'curl -uadmin:•••• https://x'],
    ['sshpass -p hunter2 ssh nas', 'sshpass -p •••• ssh nas'],
    ['redis-cli -h db -a hunter2 ping', 'redis-cli -h db -a •••• ping'],
    ['RESTIC_PASSWORD=hunter2 BORG_PASSPHRASE="a b" restic', 'RESTIC_PASSWORD=•••• BORG_PASSPHRASE=•••• restic'],
    ['mysqldump --password hunter2 db', 'mysqldump --password •••• db'],
    ['MYSQL_PWD=hunter2 PWD=/root', 'MYSQL_PWD=•••• PWD=/root'],
    ['curl -u admin:hunter2 https://x', 'curl -u admin:•••• https://x'],
    ['date -u +%H:%M', 'date -u +%H:%M'],
    ['Authorization:  Bearer   abc123', 'Authorization:  Bearer   ••••'],
    ['Authorization: secretword', 'Authorization: ••••'],
    ['> Bearer abcDEFghi', '> Bearer ••••'],
    ['Basic dXNlcjpwYXNz', 'Basic ••••'],
    ['Cookie: session=abc; other=def', 'Cookie: ••••'],
    ['"api_key" :  "abc123"', '"api_key" :  ••••'],
  ])('masks the value of a name: %s', (text, masked) => {
    expect(mask(text)).toBe(masked)
  })

  test.each([
    ['postgres://backup:pa$$word@db1/app', 'postgres://••••@db1/app'],
    ['https://deploy:p@ss@git.example.com/x.git', 'https://••••@git.example.com/x.git'],
    ['https://0123456789abcdef@sentry.example.com/1', 'https://••••@sentry.example.com/1'],
    ['postgres://backup:p/ss@db1/app', 'postgres://backup:••••@db1/app'],
    ['postgres://backup:p/a@b@db1/app', 'postgres://backup:••••@db1/app'],
    ['https://chat.example.org/hooks/abcdefghijklmnopqrstuvwxyz', 'https://chat.example.org/hooks/••••'],
    ['http://ha.local:8123/api/webhook/mysecrethook', 'http://ha.local:8123/api/webhook/••••'],
    ['http://db1:8080/find?by=ops@example.org', 'http://db1:8080/find?by=ops@example.org'],
    ['https://chat.example.org/hooks/abc123def456ghi789', 'https://chat.example.org/hooks/••••'],
    ['https://rc.example.org/hooks/65a1/AbCdEf123456', 'https://rc.example.org/hooks/••••'],
    ['https://hooks.zapier.com/hooks/catch/123456/abcdef1', 'https://hooks.zapier.com/hooks/••••'],
    ['http://ha.local:8123/api/webhook/backup-4f5a', 'http://ha.local:8123/api/webhook/••••'],
    ['https://n8n.example.org/webhook/1b4e28ba-2fa1-11d2', 'https://n8n.example.org/webhook/••••'],
    ['https://hook.eu1.make.com/abcdefghij123456', 'https://hook.eu1.make.com/••••'],
    ['https://maker.ifttt.com/trigger/down/with/key/abcDEF12345', 'https://maker.ifttt.com/trigger/down/with/key/••••'],
    [
      'https://x.logic.azure.com/paths/invoke?sp=1&sig=abcDEF_123-45',
      'https://x.logic.azure.com/paths/invoke?sp=1&sig=••••',
    ],
    ['https://hooks.slack.com/services/T00000000/B00000000/abcdefghijkl', 'https://hooks.slack.com/services/••••'],
    ['https://discord.com/api/webhooks/123456789/abc-DEF_ghijkl', 'https://discord.com/api/webhooks/••••'],
  ])('masks credentials in a URL: %s', (text, masked) => {
    expect(mask(text)).toBe(masked)
  })

  test.each([
    'Basic authentication failed for user backup',
    'password authentication failed for user "backup"',
    'Files: 312 new, 87 changed, 148204 same',
    'Fatal: unable to save snapshot: write /srv/cache/restic/tmp-3918: no space left on device',
    'https://wiki.example.com/@user/page?x=1#top',
    'mail from ops@example.com',
    'commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12',
    'risk-management-and-other-long-words',
    'tokens: 1500, secretary: Bob, author: Eve',
    'loaded /usr/share/webhooks/templates',
    '.git/hooks/pre-commit exited with 1',
    '.git/hooks/post-receive2 exited with 1',
    'docker run --name mysql -p3306:3306 mysql:8',
    'mysql: [Warning] Using a password on the command line interface can be insecure.',
    'GET http://127.0.0.1:8080/a?to=ops@example.org 200',
    'redis-cli --pass-through is unknown',
  ])('leaves other text unchanged: %s', (text) => {
    expect(mask(text)).toBe(text)
  })

  const begin = '-----BEGIN RSA PRIVATE KEY-----'
  const end = '-----END RSA PRIVATE KEY-----'
  test.each([
    [`a\n${begin}\n${B64}\n${end}\nb`, 'a\n••••\nb'],
    [`{"key": "${begin}\\n${B64}\\n${end}\\n"}`, '{"key": "••••\\n"}'],
    [`a\n${begin}\n${B64}`, 'a\n••••'],
    [`a b\n${B64}\n${B64}\n${end}\nc`, 'a ••••\nc'],
    [`${begin}\n${begin}\n${B64}\n${end}\n${begin}\n${B64}\n${end}`, '••••\n••••'],
  ])('masks a private key, even if an end is missing: %#', (text, masked) => {
    expect(mask(text)).toBe(masked)
  })

  test.each([
    ['token: abc12345', 'token'],
    ['password=hunter2', 'pass'],
    [`ghp_${'a'.repeat(36)}`, 'ghp'],
    ['Authorization: Bearer abcDEF123456', 'bearer'],
  ])('masks the secret in %j also if the project hides the word %j', (text, word) => {
    const secret = text.split(/[ =:_]+/).at(-1) ?? ''
    expect(mask(text)).not.toContain(secret)
    expect(mask(text, [word])).not.toContain(secret)
  })

  test('masks the token of a Telegram bot in a URL', () => {
    const token = `12345678:AA${'x'.repeat(33)}`
    expect(mask(`https://api.telegram.org/bot${token}/sendMessage`)).toBe('https://api.telegram.org/••••/sendMessage')
  })

  test('masks words of the project in any case, and the longest first', () => {
    expect(mask('Acme, ACME-Corp and acme', ['acme', 'acme-corp'])).toBe('••••, •••• and ••••')
    expect(mask('a.c axc [x] (ÄÖ)', ['a.c', '[x]', '(äö)'])).toBe('•••• axc •••• ••••')
  })

  test('drops a line and a word that are cut, because they may hold half of a secret', () => {
    const cut = { start: true, end: true }
    expect(redact('f a secret\nnext line\nlast wor', { keys: [], words: [], cut })).toBe('…\nnext line\nlast …')
  })

  test('masks known keys', () => {
    const uuid = '0193b5a0-5ec4-4e70-8000-1234567890ab'
    const text = `${uuid.toUpperCase()} ${uuid.replaceAll('-', '')} my-alias my-alias2`
    expect(redact(text, { keys: [uuid, 'my-alias'], words: [], cut: NOT_CUT })).toBe('•••• •••• •••• my-alias2')
  })

  // Beginnings of matches that lead nowhere. With a pattern of quadratic time, 16 times the text would take 256 times
  // as long.
  test.each([
    '/',
    'https://',
    'a/',
    'Bearer ',
    'Bearer a',
    ' ',
    'password',
    'password = ',
    'password="',
    'x-api-key',
    'ey-',
    'eyaaaaaaaaaa.',
    '-----BEGIN ',
    '-----END RSA PRIVATE KEY-----',
    '-----BEGIN RSA PRIVATE KEY-----',
    'A',
    'a',
    '+a',
    'aaaaaaaaaaaaaaaa+',
    '://a',
    '@',
    '<password>',
    '<',
    '--password ',
    '--',
    'Cookie: ',
    ' -u a',
    ' -u a:',
    '"',
    '\\',
    'sk-',
    'SG.',
    'SG.aaaaaaaaaaaaaaaa.',
    '1:AA',
    '0123456789',
    '0193b5a0-',
    '/api/1/cron/',
    'Authorization: ',
    '\n',
    'é',
    'acme',
    'https://a/0193b5a0-5ec4-4e70-8000-1234567890ab',
    'token:',
    'glpat-',
    'xoxb-',
    'secretkey=',
    'password="\\',
    'mysql ',
    'mysql -p',
    'redis-cli ',
    '://a:',
    '://a:b/',
    '/hooks/',
    '/webhook/abcdefgh',
    '&sig=',
    '🙂',
  ])('takes linear time for many times %p', (part) => {
    const short = part.repeat(Math.ceil(4000 / part.length))
    const long = part.repeat(Math.ceil(64_000 / part.length))
    timeOf(short)
    expect(timeOf(long) / Math.max(timeOf(short), 0.3)).toBeLessThan(100)
  })
})

/** The fastest of several runs, because other programs disturb some. */
function timeOf(text: string): number {
  const times = Array.from({ length: 4 }, () => {
    const startedAt = performance.now()
    redact(text, { keys: ['abcd'], words: ['acme', 'aaab'], cut: { start: true, end: true } })
    return performance.now() - startedAt
  })
  return Math.min(...times)
}
