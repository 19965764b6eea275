import { DocPage, type DocProps, type DocSection, SAMPLE_KEY, Sample, Table, Text } from './parts.tsx'

const SECTIONS: readonly DocSection[] = [
  { id: 'when', title: 'When people are told', Content: When },
  { id: 'channels', title: 'Channels', Content: Channels },
  { id: 'e-mail', title: 'E-mail', Content: Email },
  { id: 'webhooks', title: 'Webhook', Content: Webhook },
  { id: 'signature', title: 'Checking the signature of a webhook', Content: Signature },
  { id: 'retries', title: 'When a message does not get through', Content: Retries },
  { id: 'deliveries', title: 'What became of a message', Content: Deliveries },
]

/** Who is told what, and what becomes of each message. */
export function Alerts({ baseUrl }: DocProps) {
  return (
    <DocPage
      title="Alerts"
      lead="A monitor that goes down tells its channels once, and once more when the job is back."
      sections={SECTIONS}
      baseUrl={baseUrl}
    />
  )
}

function When() {
  return (
    <>
      <Table
        label="Changes of status and who is told"
        head={['what happens', 'message', 'reason']}
        rows={[
          ['the deadline passes without a ping', 'down', '`timeout`'],
          ['no ping comes after a person resumed it', 'down', '`no-ping`'],
          ['a run starts and does not end within the grace', 'down', '`overrun`'],
          ['the job reports a failure', 'down', '`fail`'],
          ['a success ends an incident', 'up', '`ping`'],
          ['the first success ever, or one that wakes a paused monitor', 'none', ''],
          ['a person pauses or resumes', 'none', ''],
          ['CronGuard itself was offline', '`blind`, once for each project', 'why it was offline'],
        ]}
      />
      <Text>Each change is told once. While a monitor stays down, further failures and missed pings tell nobody.</Text>
      <Text>
        An incident is one stretch of being down. It opens with the first message and closes with the second, or when a
        person pauses the monitor.
      </Text>
    </>
  )
}

function Channels({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        A channel is one way to reach people. It belongs to a project, and each monitor has its own choice of the
        channels of the project. A new channel is given to every monitor that exists; a monitor that is made through the
        API gets the channels that the request names. Channels are added on the channels page, or like this:
      </Text>
      <Sample
        lines={[
          `curl ${baseUrl}/api/v3/channels/ -H "X-Api-Key: $KEY" \\`,
          `  -d '{"kind": "email", "name": "me", "settings": {"address": "you@example.com"}}'`,
          '',
          `curl ${baseUrl}/api/v3/channels/ -H "X-Api-Key: $KEY" \\`,
          `  -d '{"kind": "webhook", "name": "on-call", "settings": {"url": "https://example.com/hook",`,
          `       "secret": "a long random text"}}'`,
        ]}
      />
      <Text>
        Test each channel once. A test sends a made-up message now and answers with what became of it, within 8 seconds:
      </Text>
      <Sample
        lines={[
          `curl -X POST ${baseUrl}/api/v3/channels/$CHANNEL_ID/test -H "X-Api-Key: $KEY"`,
          '{"result":"sent","reason":null,"detail":"Received status code 204"}',
        ]}
      />
    </>
  )
}

function Email() {
  return (
    <>
      <Text>
        Mail needs a mail server, see `CRONGUARD_SMTP_HOST` under Configuration. Without one each mail is written to the
        log, and its delivery says `logged`.
      </Text>
      <Text>
        The subject begins with the status, as in `Down: backup`. The mail says what happened, since when, and when the
        last ping came. The header `X-CronGuard-Delivery` holds the id of the delivery, for filters.
      </Text>
    </>
  )
}

function Webhook({ baseUrl }: DocProps) {
  return (
    <>
      <Text>A webhook gets a POST with JSON. This one is about a job that reported exit status 3:</Text>
      <Sample
        lines={[
          '{',
          '  "monitor_name": "backup",',
          '  "status": "down",',
          '  "timestamp": "2026-11-24T05:57:24.308Z",',
          '  "details": "The job failed with exit status 3.",',
          '  "reason": "fail",',
          '  "test": false,',
          '  "delivery_id": "9dbedc8e-1bbf-43c8-b57a-922d8be53717",',
          '  "project": "My project",',
          '  "monitor": {',
          '    "name": "backup", "slug": "backup",',
          '    "unique_key": "b542a94ce0df551e7d452b929455b9c1d58015b9",',
          '    "tags": [], "description": "", "schedule": "every day",',
          '    "grace_seconds": 3600, "ping_count": 2',
          '  },',
          '  "last_ping": {"kind": "fail", "timestamp": "2026-11-24T05:57:24.308Z", "exit_status": 3},',
          '  "expected_at": null,',
          '  "down_seconds": null,',
          `  "url": "${baseUrl}/"`,
          '}',
        ]}
      />
      <Table
        label="Fields of a webhook"
        head={['field', 'holds']}
        rows={[
          ['`status`', '`down` or `up`; `blind` after CronGuard itself was offline'],
          ['`reason`', '`timeout`, `no-ping`, `overrun`, `fail` or `ping`, as in the table above'],
          ['`details`', 'what happened, in a sentence'],
          ['`test`', 'true when somebody tests the channel; such a monitor does not exist'],
          ['`delivery_id`', 'the same on every attempt; also in the header `X-CronGuard-Delivery`'],
          ['`last_ping`', 'the last ping before it, or null; `kind` is what it was taken for'],
          [
            '`expected_at`',
            'for `timeout` and `no-ping` when the ping was due, for `overrun` when the run started; else null',
          ],
          ['`down_seconds`', 'for `up` how long it was down; else null'],
          [
            '`gap`',
            'only for `blind`, where `monitor` is null: from when to when, and whose deadlines were extended; ' +
              'sent as `blackout`, too, until the next release',
          ],
        ]}
      />
      <Text>
        Answer with any 2xx within 5 seconds. Everything else is a failure, redirects too, for they are not followed.
        Link-local addresses such as 169.254.169.254 are never called, and a channel that names one is not saved. Fields
        may be added: ignore those that you do not know.
      </Text>
    </>
  )
}

/** A receiver that takes only what carries the right signature. */
const RECEIVER: readonly string[] = [
  'import hashlib, hmac, http.server',
  '',
  'SECRET = b"a long random text"',
  '',
  'class Receiver(http.server.BaseHTTPRequestHandler):',
  '    def do_POST(self):',
  '        body = self.rfile.read(int(self.headers["Content-Length"]))',
  '        expected = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()',
  '        given = self.headers.get("X-CronGuard-Signature", "")',
  '        is_genuine = hmac.compare_digest(expected, given)',
  '        if is_genuine:',
  '            print(self.headers["X-CronGuard-Delivery"], body.decode(), flush=True)',
  '        self.send_response(204 if is_genuine else 401)',
  '        self.end_headers()',
  '',
  'http.server.HTTPServer(("127.0.0.1", 9000), Receiver).serve_forever()',
]

function Signature() {
  return (
    <>
      <Text>
        With a secret, each request carries `X-CronGuard-Signature: sha256=` and the HMAC-SHA256 of the body in
        hexadecimal. Compute it over the bytes as they came, before they are parsed, and compare in constant time. A
        whole receiver in Python:
      </Text>
      <Sample lines={RECEIVER} />
      <Text>The same check in Node.js:</Text>
      <Sample
        lines={[
          "import { createHmac, timingSafeEqual } from 'node:crypto'",
          '',
          'function isGenuine(secret, body, signature) {',
          "  const expected = 'sha256=' + createHmac('sha256', secret).update(body).digest('hex')",
          "  const [a, b] = [Buffer.from(expected), Buffer.from(signature ?? '')]",
          '  return a.length === b.length && timingSafeEqual(a, b)',
          '}',
        ]}
      />
    </>
  )
}

function Retries() {
  return (
    <>
      <Text>
        What a change of status owes is written together with the change, and is sent from there. A message that fails
        is tried again after about 10 seconds, and then after twice as long each time, up to an hour. After 24 hours it
        has failed. A restart in between changes nothing.
      </Text>
      <Text>
        Some failures will not mend themselves and are not tried again: a webhook that answers 410, a mailbox that does
        not exist, a link-local address, a channel that was deleted.
      </Text>
      <Text>
        A message arrives at least once. It may come twice, when CronGuard was stopped between sending and writing that
        down: a receiver can tell by the id of the delivery. Messages about one monitor reach a channel in order: up
        never overtakes down.
      </Text>
      <Text>A channel that fails holds up no other.</Text>
    </>
  )
}

function Deliveries({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        A delivery is one message on its way through one channel. The page of the monitor shows them, and the API lists
        the newest 1,000:
      </Text>
      <Sample lines={[`curl ${baseUrl}/api/v3/checks/${SAMPLE_KEY}/deliveries/ -H "X-Api-Key: $KEY"`]} />
      <Table
        label="States of a delivery"
        head={['state', 'means']}
        rows={[
          ['`pending`', 'waits for its first or its next attempt; `next_attempt` says when'],
          ['`sending`', 'is under way'],
          ['`sent`', 'the other side took it'],
          ['`logged`', 'a mail that was written to the log, because no mail server is configured'],
          ['`failed`', 'given up; `last_outcome` says why'],
        ]}
      />
    </>
  )
}
