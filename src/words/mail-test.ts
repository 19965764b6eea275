// Explains why a test of the mail server failed, and what to do.
import type { MailFailure, SmtpSettings } from '#lib/mail.ts'

export interface FailedMailTest {
  failure: Pick<MailFailure, 'reason' | 'detail' | 'command'>
  server: Pick<SmtpSettings, 'host' | 'port' | 'security' | 'username' | 'from'>
}

export function mailTestAdvice({ failure, server }: FailedMailTest): string {
  const { host, port } = server
  switch (failure.reason) {
    case 'dns':
      return `Check the spelling of ${host}. It could not be resolved.`
    case 'refused':
      return `Nothing accepts connections on port ${port} of ${host}. Check the server and the port.`
    case 'timeout':
      return timeoutAdvice(server)
    case 'tls':
      return tlsAdvice(failure.detail, server)
    case 'auth':
      return (
        'Check the user name and password. Gmail, Fastmail, Yahoo and iCloud require an app password. Most other ' +
        'providers require an API key or SMTP credentials instead of your account password.'
      )
    case 'settings':
      return 'Correct the settings of the mail server, and save them again.'
    case 'rejected':
      return 'The mailbox does not exist. Check the recipient of the test.'
    case 'connection':
      return `${host} closed the connection. ${portAdvice(server)}`
    case 'status':
      return replyAdvice(failure.command ?? '', server)
  }
}

function timeoutAdvice(server: FailedMailTest['server']): string {
  const { host, port, security } = server
  const firewall =
    'Many hosting providers block port 25, and some block 465 and 587 until you ask. So do some firewalls.'
  if (port === 465 && security !== 'tls') return `Port 465 expects TLS from the start. Choose TLS. ${firewall}`
  return `${host} did not answer on port ${port}. ${portAdvice(server)} ${firewall}`
}

function portAdvice({ port, security }: FailedMailTest['server']): string {
  if (port === 465 && security !== 'tls') return 'Port 465 expects TLS from the start. Choose TLS.'
  if (port !== 465 && security === 'tls') return `Port ${port} usually expects STARTTLS. TLS usually uses port 465.`
  return 'STARTTLS usually uses port 587, and TLS port 465.'
}

/** By the details of lib/network.ts and lib/mail.ts. */
function tlsAdvice(detail: string, { host, port, security }: FailedMailTest['server']): string {
  if (/does not offer STARTTLS/.test(detail)) {
    return 'Choose TLS with port 465. If the server is on this machine, you can also choose no encryption.'
  }
  if (/does not speak TLS/.test(detail)) return `Choose STARTTLS for port ${port}, or use port 465 for TLS.`
  if (/another host name/.test(detail)) return `Enter the host name in the certificate instead of ${host}.`
  if (/expired|not valid yet/.test(detail)) return "Renew the certificate, or check this machine's clock."
  if (/not trusted/.test(detail)) {
    return 'If you use your own certificate authority, set CRONGUARD_CA_FILE to its certificate, and restart CronGuard.'
  }
  return portAdvice({ host, port, security, username: null, from: '' })
}

function replyAdvice(command: string, { username, from }: FailedMailTest['server']): string {
  if (username === null && /^(?:MAIL|RCPT)/i.test(command)) {
    return 'The server may require a user name and a password. If not, it may not accept this sender or recipient.'
  }
  if (/^MAIL/i.test(command)) {
    return `The server does not accept the sender ${from}. Use an address that this user name may send from.`
  }
  if (/^RCPT/i.test(command)) return 'The server does not accept this recipient. See its reply below.'
  return "See the server's reply below."
}
