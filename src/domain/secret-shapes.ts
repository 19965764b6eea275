// Patterns of secrets in the output of jobs. A match is replaced by its first group, if it has one, and a mark. Each
// pattern takes linear time on any text: repetitions are bounded, and no match begins within a longer word.

/** The beginning or the end of a private key in PEM. */
export const KEY_MARKER = /-----(BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----/g

const START = '(?<![A-Za-z0-9_-])'

/** Tokens that are recognizable by themselves. */
const TOKENS = [
  // AWS
  '(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA|AGPA|AIPA|ANPA|ANVA)[A-Z0-9]{16}(?![A-Za-z0-9])',
  // GitHub and GitLab
  'gh[pousr]_[A-Za-z0-9]{30,255}',
  'github_pat_[A-Za-z0-9_]{20,255}',
  'gl[a-z]{2,6}-[A-Za-z0-9_.-]{20,300}',
  'GR1348941[A-Za-z0-9_-]{20,40}',
  // Slack and Telegram
  'xox[a-z](?:\\.xox[a-z])?-[A-Za-z0-9-]{10,300}',
  'xapp-[A-Za-z0-9-]{10,300}',
  '(?:bot)?\\d{8,12}:AA[A-Za-z0-9_-]{30,40}',
  // Stripe
  '(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,250}',
  'whsec_[A-Za-z0-9+/=]{16,100}',
  // Google
  'AIza[A-Za-z0-9_-]{30,45}',
  'ya29\\.[A-Za-z0-9_-]{20,500}',
  'GOCSPX-[A-Za-z0-9_-]{20,60}',
  // Package registries
  'npm_[A-Za-z0-9]{30,80}',
  'pypi-[A-Za-z0-9_-]{30,500}',
  'dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,60}',
  'rubygems_[a-f0-9]{40,60}',
  // OpenAI, Anthropic, Hugging Face, SendGrid, Twilio, Mailgun, Vault, Shopify, Grafana, Atlassian, Doppler, age
  'do[opr]_v1_[a-f0-9]{64}',
  'sk-[A-Za-z0-9_-]{20,250}',
  'hf_[A-Za-z0-9]{30,60}',
  'SG\\.[A-Za-z0-9_-]{16,40}\\.[A-Za-z0-9_-]{16,80}',
  'SK[a-f0-9]{32}(?![A-Za-z0-9])',
  'key-[a-f0-9]{32}(?![A-Za-z0-9])',
  'hv[sbr]\\.[A-Za-z0-9_-]{20,300}',
  'shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}',
  'gl(?:sa|c)_[A-Za-z0-9_+/=]{30,300}',
  'ATATT3[A-Za-z0-9_=-]{50,300}',
  'dp\\.[a-z]{2,5}\\.[A-Za-z0-9]{30,60}',
  'AGE-SECRET-KEY-1[A-Z0-9]{50,70}',
  // CronGuard
  'cg[rw]_[A-Za-z0-9]{1,64}',
  // JSON Web Tokens
  'ey[A-Za-z0-9_-]{10,4000}\\.[A-Za-z0-9_-]{10,8000}(?:\\.[A-Za-z0-9_-]{0,4000}){0,3}',
]

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

/** Where a key of CronGuard appears, even one of another instance: ping URLs of each dialect, and email addresses. */
const KEY_PLACES: readonly RegExp[] = [
  /(\/(?:ping|p|api\/push|v1\/check_in)\/)[A-Za-z0-9_-]{1,200}/gi,
  /(\/api\/\d{1,10}\/cron\/[A-Za-z0-9_-]{1,100}\/)[A-Za-z0-9_-]{1,200}/gi,
  new RegExp(`(https?://[^\\s@/]{1,300}(?:/[^\\s@/]{1,100}){0,3}/)${UUID}`, 'gi'),
  new RegExp(`${UUID}(?=@)`, 'gi'),
  new RegExp(`${START}[A-Za-z0-9_-]{16,128}(?=\\+[a-z0-9_-]{1,100}@)`, 'gi'),
]

const SCHEMES = '[Bb]earer|[Bb]asic|GenieKey|ApiKey'
const CREDENTIAL = '[A-Za-z0-9_+/=.~-]'

const NAMES = [
  'pass(?:word|wd|phrase|code)',
  'secret(?:[_-]?(?:access[_-]?)?key)?',
  'token',
  '(?:api|access|auth|account|private|encryption|signing|master|deploy|ping|sentry)[_-]?key',
  'credentials?',
].join('|')
const SEPARATOR = `["']?\\s{0,20}(?:=>|[:=])\\s{0,20}`
// A quoted value may contain escaped quotes.
const VALUE = `(?:"(?:[^"\\\\\\n]|\\\\.){1,2000}"?|'(?:[^'\\\\\\n]|\\\\.){1,2000}'?|[^\\s"'&;<>]{3,2000})`

/** The rest of an argument on a command line. */
const ARGUMENT = `(?:"(?:[^"\\\\\\n]|\\\\.){1,200}"?|'[^'\\n]{1,200}'?|[^\\s"'][^\\s]{0,200})`

/** What follows a name or a sign that a secret follows. */
const PLACES: readonly RegExp[] = [
  new RegExp(`(\\bAuthorization${SEPARATOR}["']?(?:[A-Za-z]{1,20}\\s{1,20})?)${CREDENTIAL}{3,8000}`, 'gi'),
  // "Basic authentication failed" has no secret: a credential has a digit, or capital letters in between.
  new RegExp(
    `(\\b(?:${SCHEMES})[ \\t]{1,20})(?=${CREDENTIAL}{0,40}(?:[0-9]|[a-z][A-Z]|[A-Z][A-Z]))${CREDENTIAL}{1,8000}`,
    'g',
  ),
  /(\b(?:Set-)?Cookie: {0,20})[^\r\n]{1,8000}/gi,
  new RegExp(`((?:${NAMES})${SEPARATOR})${VALUE}`, 'gi'),
  new RegExp(`(<[a-z_-]{0,40}(?:${NAMES})>)[^<\\n]{1,2000}`, 'gi'),
  // PWD is the folder.
  new RegExp(`((?:PGPASSWORD|SSHPASS|_PWD|\\bpwd|\\bPwd)${SEPARATOR})(?!/)${VALUE}`, 'g'),
  new RegExp(`(--[a-z-]{0,20}(?:password|passphrase|token|secret|api-key)[ \\t]{1,20})(?!-)${VALUE}`, 'gi'),
  /(\s(?:-u ?|--user[ =])[A-Za-z0-9._@-]{1,100}:)[^\s]{1,200}/g,
  // Programs whose option for the password is short. Docker publishes ports with -p.
  new RegExp(`(\\b(?:mysql|mariadb)[a-z-]{0,10}\\b[^\\n|;&]{0,200}?\\s-p)(?!\\d{1,5}:\\d)${ARGUMENT}`, 'g'),
  new RegExp(`(\\bsshpass\\s{1,5}-p\\s{0,5})${ARGUMENT}`, 'g'),
  new RegExp(`(\\bredis-cli\\b[^\\n|;&]{0,200}?\\s(?:-a|--pass)\\s{1,5})${ARGUMENT}`, 'g'),
  // A password in a URL may contain an @, and a slash, which must not be the one after a port.
  /(:\/\/)[^\s/?#"'<>]{1,500}(?=@)/g,
  /(:\/\/[^\s/?#"'<>:@]{1,200}:)(?!\d{1,5}[/?#])[^\s"'<>]{1,300}(?=@)/g,
  // Addresses that are secrets: webhooks of Slack, Mattermost, Rocket.Chat, Zapier, Home Assistant, n8n, Discord, Make,
  // IFTTT and Power Automate.
  /(\bhooks\.slack\.com\/[a-z]{1,20}\/)[A-Za-z0-9/_-]{10,300}/gi,
  /((?<!\.git)\/(?:hooks|webhooks?|webhook-test)\/)(?=[A-Za-z0-9/_-]{0,100}\d)[A-Za-z0-9/_-]{8,300}/gi,
  /(\/hooks\/)[a-z0-9]{26}(?![A-Za-z0-9])/g,
  /(\/api\/webhook\/)[A-Za-z0-9_-]{5,300}/gi,
  /(\bhook\.(?:[a-z0-9]{2,8}\.make|integromat)\.com\/)[A-Za-z0-9_-]{8,100}/gi,
  /(\/with\/key\/)[A-Za-z0-9_-]{8,100}/gi,
  /([?&]sig=)[A-Za-z0-9%_-]{10,300}/gi,
]

export const SECRETS: readonly RegExp[] = [...KEY_PLACES, new RegExp(`${START}(?:${TOKENS.join('|')})`, 'g'), ...PLACES]
