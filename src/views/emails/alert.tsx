import { type Notification, notificationUrl } from '#domain/notification.ts'
import { Linked } from '#views/components/linked.tsx'
import {
  notificationDetails,
  notificationFacts,
  notificationLinkLabel,
  notificationTitle,
} from '#words/notification.ts'
import { MailButton, MailDocument, SOFT_COLOR } from './frame.tsx'

interface AlertProps {
  notification: Notification
  baseUrl: string
  /** The zone of all times. */
  zone: string
}

const BANNER =
  'padding: 14px 16px; border-radius: 6px; color: #ffffff; font-size: 18px; line-height: 1.3; font-weight: 600'
const LABEL = `padding: 3px 16px 3px 0; color: ${SOFT_COLOR}; text-align: left; vertical-align: top; font-weight: 400`
const VALUE = 'padding: 3px 0; white-space: pre-wrap; overflow-wrap: anywhere'

const LOOKS: Record<Notification['status'], { color: string; sign: string }> = {
  down: { color: '#b42318', sign: '▼' },
  up: { color: '#13713b', sign: '▲' },
  blind: { color: '#8a4b00', sign: '■' },
}

export function renderAlertText({ notification, baseUrl, zone }: AlertProps): string {
  const facts = notificationFacts(notification, zone).map(([label, value]) => `${label}: ${value}`)
  return [
    notificationTitle(notification, zone),
    '',
    notificationDetails(notification, zone),
    '',
    ...facts,
    '',
    `${notificationLinkLabel(notification)}:`,
    notificationUrl(notification, baseUrl),
    '',
  ].join('\n')
}

export function renderAlertHtml(props: AlertProps): string {
  return `<!doctype html>${(<AlertMail {...props} />).toString()}`
}

function AlertMail({ notification, baseUrl, zone }: AlertProps) {
  const { color, sign } = LOOKS[notification.status]
  const title = notificationTitle(notification, zone)
  return (
    <MailDocument title={title}>
      <div style={`${BANNER}; background-color: ${color}; overflow-wrap: anywhere`}>
        {sign} {title}
      </div>
      <p style="margin: 16px 0">{notificationDetails(notification, zone)}</p>
      <table style="border-collapse: collapse; font-size: 15px">
        {notificationFacts(notification, zone).map(([label, value]) => (
          <tr>
            <th scope="row" class="soft" style={LABEL}>
              {label}
            </th>
            <td style={VALUE}>{label === 'Description' ? <Linked text={value} /> : value}</td>
          </tr>
        ))}
      </table>
      <MailButton url={notificationUrl(notification, baseUrl)} label={notificationLinkLabel(notification)} />
    </MailDocument>
  )
}
