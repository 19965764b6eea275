import { type Notification, notificationUrl } from '#domain/notification.ts'
import { Linked } from '#views/components/linked.tsx'
import {
  notificationDetails,
  notificationFacts,
  notificationLinkLabel,
  notificationTitle,
} from '#words/notification.ts'

interface AlertProps {
  notification: Notification
  baseUrl: string
  /** The zone of all times. */
  zone: string
}

const FONT = "font-family: system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif; font-size: 15px; color: #1c2430"
const BANNER = 'padding: 14px 16px; border-radius: 6px; color: #ffffff; font-size: 18px; font-weight: 600'
const LABEL = 'padding: 4px 16px 4px 0; color: #5b6470; text-align: left; vertical-align: top; font-weight: 400'
const VALUE = 'padding: 4px 0; white-space: pre-wrap; overflow-wrap: anywhere'

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

// Mail programs drop style sheets, so each element carries its own style.
function AlertMail({ notification, baseUrl, zone }: AlertProps) {
  const { color, sign } = LOOKS[notification.status]
  const title = notificationTitle(notification, zone)
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{title}</title>
      </head>
      <body style={`margin: 0; padding: 16px; ${FONT}`}>
        <div style={`${BANNER}; background-color: ${color}`}>
          {sign} {title}
        </div>
        <p style="margin: 16px 0">{notificationDetails(notification, zone)}</p>
        <table style={`border-collapse: collapse; ${FONT}`}>
          {notificationFacts(notification, zone).map(([label, value]) => (
            <tr>
              <th scope="row" style={LABEL}>
                {label}
              </th>
              <td style={VALUE}>{label === 'Description' ? <Linked text={value} /> : value}</td>
            </tr>
          ))}
        </table>
        <p style="margin: 16px 0">
          <a href={notificationUrl(notification, baseUrl)}>{notificationLinkLabel(notification)}</a>
        </p>
      </body>
    </html>
  )
}
