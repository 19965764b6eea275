import {
  detailsInZone,
  type Notification,
  notificationFacts,
  notificationSubject,
  notificationTitle,
  notificationUrl,
} from '#domain/notification.ts'
import { Linked } from '#views/components/linked.tsx'

interface AlertProps {
  notification: Notification
  baseUrl: string
  /** In which moments are told. */
  zone: string
}

const FONT = "font-family: system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif; font-size: 15px; color: #1c2430"
const BANNER = 'padding: 14px 16px; border-radius: 6px; color: #ffffff; font-size: 18px; font-weight: 600'
const LABEL = 'padding: 4px 16px 4px 0; color: #5b6470; text-align: left; vertical-align: top; font-weight: 400'
const VALUE = 'padding: 4px 0; white-space: pre-wrap; overflow-wrap: anywhere'

const LOOKS: Record<Notification['status'], { color: string; word: string }> = {
  down: { color: '#b42318', word: '▼ DOWN' },
  up: { color: '#13713b', word: '▲ UP' },
  blind: { color: '#8a4b00', word: '■ BLIND' },
}

export function renderAlertText({ notification, baseUrl, zone }: AlertProps): string {
  const facts = notificationFacts(notification, zone).map(([label, value]) => `${label}: ${value}`)
  const details = detailsInZone(notification, zone)
  return [
    notificationTitle(notification),
    '',
    details,
    '',
    ...facts,
    '',
    notificationUrl(notification, baseUrl),
    '',
  ].join('\n')
}

export function renderAlertHtml(props: AlertProps): string {
  return `<!doctype html>${(<AlertMail {...props} />).toString()}`
}

// Mail programs drop style sheets, so the looks stand in the elements.
function AlertMail({ notification, baseUrl, zone }: AlertProps) {
  const { color, word } = LOOKS[notification.status]
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{notificationTitle(notification)}</title>
      </head>
      <body style={`margin: 0; padding: 16px; ${FONT}`}>
        <div style={`${BANNER}; background-color: ${color}`}>
          {word} · {notificationSubject(notification)}
        </div>
        <p style="margin: 16px 0">{detailsInZone(notification, zone)}</p>
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
          <a href={notificationUrl(notification, baseUrl)}>See what happened</a>
        </p>
      </body>
    </html>
  )
}
