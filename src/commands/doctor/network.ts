// How others reach CronGuard, and how it reaches them.
import { findAddress } from '#actions/address.ts'
import { destinationRules } from '#app.ts'
import type { Config } from '#config.ts'
import { localAddress } from '#lib/host.ts'
import { checkMailServer, lacksPassword, type SmtpSettings } from '#lib/mail.ts'
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
    if (!isTaken) return warn(`Nobody answers on port ${port}: it is not running.`)
    return bad(`It has the data folder, but does not answer on port ${port}. Is CRONGUARD_PORT here what it is there?`)
  }
  if (!isTaken) {
    return warn(
      `Something answers on port ${port}, but not for ${dataDir}. Is CRONGUARD_DATA_DIR here what it is there?`,
    )
  }
  if (answer.status === 200) return ok(`It runs on port ${port} and is ready.`)
  return bad(`It runs, but is not ready (status ${answer.status}). Its log says why.`)
}

function ask(config: Config, path: string) {
  const url = `http://${localAddress(config)}${path}`
  const request = {
    method: 'GET',
    url,
    headers: {},
    body: '',
    timeoutMs: ANSWER_TIMEOUT_MS,
    isSetByOperator: true,
  } as const
  return createOutbound(destinationRules(config)).send(request)
}

export const mail: Check = async ({ smtp }) => {
  if (smtp === null) return warn('No mail server is set: mails are only written to the log. Set CRONGUARD_SMTP_HOST.')
  if (lacksPassword(smtp)) return await checkWithoutPassword(smtp)
  const problem = await checkMailServer(smtp)
  if (problem !== null) return refused(smtp, problem)
  if (smtp.security === 'none') return ok(`${smtp.host} lets CronGuard in, unencrypted. No mail was sent.`)
  return ok(`${smtp.host} lets CronGuard in, encrypted. No mail was sent.`)
}

function refused({ host }: SmtpSettings, problem: string): Finding {
  const remedy = /not trusted/.test(problem)
    ? ' For a certificate authority of your own, set CRONGUARD_CA_FILE to its certificate.'
    : ''
  return bad(`${host} does not let CronGuard in: ${asSentence(problem.trim())}${remedy}`)
}

async function checkWithoutPassword(smtp: SmtpSettings): Promise<Finding> {
  const problem = await checkMailServer({ ...smtp, username: null })
  if (problem !== null) return refused(smtp, problem)
  const password = 'Sign-in was not tried: only the service can read the password'
  return ok(`${smtp.host} answers${smtp.security === 'none' ? ', unencrypted' : ', encrypted'}. ${password}.`)
}

export const address: Check = (config) => {
  const { baseUrl, trustedProxies, host } = config
  const { protocol, hostname } = new URL(baseUrl)
  const isEncrypted = protocol === 'https:'
  if (trustedProxies.some((range) => /\/0+$/.test(range))) {
    return bad('CRONGUARD_TRUSTED_PROXIES believes everybody: name the proxy alone, or anybody claims any address.')
  }
  const told = isFolderTaken(config.dataDir) ? inDatabase(config, findAddress) : null
  if (told !== null && told !== baseUrl) {
    return warn(
      `The server's links begin with ${told}, and by the settings here with ${baseUrl}. Restart it, if those count.`,
    )
  }
  if (isEncrypted && trustedProxies.length === 0) {
    return warn(`${baseUrl} needs a proxy. Name it in CRONGUARD_TRUSTED_PROXIES, or all visitors look the same.`)
  }
  if (isOwn(hostname) && !isOwn(host) && !config.isBaseUrlSet) {
    return warn(
      `It listens on ${host}, but links begin with ${baseUrl}, which works on this machine alone. ` +
        'Set CRONGUARD_BASE_URL to what others use, or to that.',
    )
  }
  if (!isEncrypted && !isOwn(hostname)) {
    return warn(`${baseUrl} is not encrypted: use it in a network that you trust only.`)
  }
  return ok(`Links begin with ${baseUrl}; it listens on ${host}.`)
}

// Only this machine itself gets there.
function isOwn(host: string): boolean {
  return /(^|\.)localhost$/.test(host) || host.startsWith('127.') || host.replace(/[[\]]/g, '') === '::1'
}
