// Checks the network: the server's address, the mail server and the links.
import { findBaseUrl } from '#actions/address.ts'
import { environmentMailServer, findMailServer, type MailServer, mailServerProblemOf } from '#actions/mail-server.ts'
import { destinationRules, withStoredSecretKey } from '#app.ts'
import type { Config } from '#config.ts'
import { localAddress } from '#lib/host.ts'
import { checkMailServer, type SmtpSettings } from '#lib/mail.ts'
import { createOutbound } from '#lib/outbound.ts'
import { asSentence } from '#lib/sentence.ts'
import { isFolderTaken } from '#store/lock.ts'
import { inDatabase } from './database.ts'
import { bad, type Check, type Finding, ok, warn } from './finding.ts'

const ANSWER_TIMEOUT_MS = 3000

export const server: Check = async (config) => {
  const { dataDir, port } = config
  const isTaken = isFolderTaken(dataDir)
  const answer = await ask(config, '/readyz')
  if (answer.kind !== 'answer') {
    if (!isTaken) return warn(`Not running: nothing responds on port ${port}.`)
    return bad(`A server uses the data folder, but does not answer on port ${port}. Check its CRONGUARD_PORT.`)
  }
  if (!isTaken) {
    return warn(`The program on port ${port} does not use ${dataDir}. Check its CRONGUARD_DATA_DIR.`)
  }
  if (answer.status === 200) return ok(`Running on port ${port} and ready.`)
  return bad(`Running but not ready (status ${answer.status}). The log shows the reason.`)
}

async function ask(config: Config, path: string) {
  const url = `http://${localAddress(config)}${path}`
  const request = {
    method: 'GET',
    url,
    headers: {},
    body: '',
    timeoutMs: ANSWER_TIMEOUT_MS,
    isSetByOperator: true,
  } as const
  const outbound = createOutbound(destinationRules(config))
  const answer = await outbound.send(request)
  outbound.close()
  return answer
}

export const mail: Check = async (config) => {
  const smtp = mailServerOf(config)
  if (smtp === null) {
    return warn(
      'No mail server is configured, so no emails are sent. Set one up on the Server page, or set CRONGUARD_SMTP_HOST.',
    )
  }
  if (smtp.problem === 'invalid-settings') return bad(asSentence(mailServerProblemOf(smtp) ?? ''))
  if (smtp.problem !== null) return await checkWithoutPassword(smtp)
  const problem = await checkMailServer(smtp)
  if (problem !== null) return refused(smtp, problem)
  const verb = smtp.username === null ? 'Connected' : 'Signed in'
  return ok(`${verb} to ${smtp.host} ${howEncrypted(smtp)}. No email was sent.`)
}

// Without a readable database, only the environment is known.
function mailServerOf(config: Config): MailServer | null {
  const known = withStoredSecretKey({ config })
  return inDatabase(config, (db) => findMailServer({ db, ...known })) ?? environmentMailServer(config)
}

function refused({ host }: SmtpSettings, problem: string): Finding {
  const remedy = /not trusted/.test(problem)
    ? ' If you use your own certificate authority, set CRONGUARD_CA_FILE to its certificate.'
    : ''
  return bad(`CronGuard cannot use ${host}: ${asSentence(problem.trim())}${remedy}`)
}

async function checkWithoutPassword(smtp: MailServer): Promise<Finding> {
  const problem = await checkMailServer({ ...smtp, username: null })
  if (problem !== null) return refused(smtp, problem)
  if (smtp.problem === 'other-key') return bad(asSentence(mailServerProblemOf(smtp) ?? ''))
  const password = 'The sign-in was not tested, because only the service can read the password'
  return ok(`Connected to ${smtp.host} ${howEncrypted(smtp)}. ${password}.`)
}

function howEncrypted({ security }: SmtpSettings): string {
  return security === 'none' ? 'without encryption' : 'with encryption'
}

export const address: Check = (config) => {
  const { baseUrl, trustedProxies, host } = config
  const { protocol, hostname } = new URL(baseUrl)
  const isEncrypted = protocol === 'https:'
  if (trustedProxies.some((range) => /\/0+$/.test(range))) {
    return bad('CRONGUARD_TRUSTED_PROXIES trusts everyone, so anyone can fake an IP address. List only your proxy.')
  }
  const stored = isFolderTaken(config.dataDir) ? inDatabase(config, findBaseUrl) : null
  if (stored !== null && stored !== baseUrl) {
    return warn(
      `The server's links begin with ${stored}, but the current settings say ${baseUrl}. Restart it to apply them.`,
    )
  }
  if (isEncrypted && trustedProxies.length === 0) {
    return warn(
      `${baseUrl} needs a reverse proxy. List it in CRONGUARD_TRUSTED_PROXIES, or all visitors share one IP address.`,
    )
  }
  if (isOwn(hostname) && !isOwn(host) && !config.isBaseUrlSet) {
    return warn(
      `CronGuard listens on ${host}, but links begin with ${baseUrl}, which only works on this machine. ` +
        'Set CRONGUARD_BASE_URL to the public URL, or to this one if that is intended.',
    )
  }
  if (!isEncrypted && !isOwn(hostname)) {
    return warn(`${baseUrl} is not encrypted. Use it only in a network that you trust.`)
  }
  return ok(`Links begin with ${baseUrl}; CronGuard listens on ${host}.`)
}

// Whether only this machine can reach the host.
function isOwn(host: string): boolean {
  return /(^|\.)localhost$/.test(host) || host.startsWith('127.') || host.replace(/[[\]]/g, '') === '::1'
}
