import { DocPage, type DocProps, type DocSection, Sample, Table, Text } from './parts.tsx'
import { caddyLines, nginxLines, type Place, placeOf, traefikLines } from './proxy-lines.ts'

interface BehindProxyProps extends DocProps {
  /** Where a proxy on this machine finds CronGuard: "127.0.0.1:8000". */
  upstream: string
}

/** How to run it behind another web server. */
export function BehindProxy({ baseUrl, upstream }: BehindProxyProps) {
  const place = placeOf({ baseUrl, upstream })
  const sections: readonly DocSection[] = [
    { id: 'needs', title: 'What a proxy must do', Content: Needs },
    { id: 'caddy', title: 'Caddy', Content: () => <Caddy place={place} /> },
    { id: 'nginx', title: 'nginx', Content: () => <Nginx place={place} /> },
    { id: 'traefik', title: 'Traefik', Content: () => <Traefik place={place} /> },
    { id: 'path', title: 'Below a path', Content: BelowPath },
    { id: 'socket', title: 'Over a unix socket', Content: Socket },
    { id: 'amiss', title: 'When something is amiss', Content: Amiss },
  ]
  return (
    <DocPage
      title="Behind a proxy"
      lead="CronGuard speaks plain HTTP. A proxy before it brings https, and may have other programs beside it."
      sections={sections}
      baseUrl={baseUrl}
    />
  )
}

function Needs({ baseUrl }: DocProps) {
  return (
    <>
      <Text>
        Say where people and jobs reach CronGuard, and which proxy is to be believed about them. This page has the
        address of this instance in its examples:
      </Text>
      <Sample lines={[`CRONGUARD_BASE_URL=${baseUrl}`, 'CRONGUARD_TRUSTED_PROXIES=127.0.0.1']} />
      <Table
        label="What a proxy must do"
        head={['the proxy', 'because']}
        rows={[
          [
            'redirects no ping',
            '`curl` does not follow a redirect, and does not call it an error: the ping is lost. Browsers may be led ' +
              'to https; they are known by `text/html` in `Accept`.',
          ],
          [
            'passes `/projects/.../events` on at once',
            'it is the stream by which pages stay up to date. It says `X-Accel-Buffering: no`, and shows a sign of ' +
              'life every five seconds, so that the usual time limits do. Where none can pass, pages ask about every ' +
              'ten seconds.',
          ],
          ['takes bodies of 16 MiB', 'a ping whose output it refuses is lost'],
          [
            'tells `X-Forwarded-For` and `X-Forwarded-Proto`',
            'or every visitor has the address of the proxy: in pings, in the list of sessions, and when wrong ' +
              'passwords are counted. The addresses are read from the right, up to the first one that is not trusted',
          ],
          [
            'leaves `Host` and `Origin` as they are',
            'a form is taken only from a page of the base URL, or of the host that was asked',
          ],
          [
            'waits while CronGuard restarts, or answers 503',
            'that takes about a second; the lines for jobs that this documentation shows try again after 503',
          ],
          ['may send `X-Request-Id`', 'then the log, and the answer when something goes wrong, have the same one'],
        ]}
      />
    </>
  )
}

function Caddy({ place }: { place: Place }) {
  return (
    <>
      <Sample lines={caddyLines(place)} />
      <Text>
        The second address keeps Caddy from redirecting everything to https. `lb_try_duration` lets a ping wait while
        CronGuard restarts; without `request_buffers` that does not work for a ping with a body. Before Caddy 2.7 the
        line is `buffer_requests`, without a size.
      </Text>
    </>
  )
}

function Nginx({ place }: { place: Place }) {
  return (
    <>
      <Sample lines={nginxLines(place)} />
      <Text>
        All of it belongs into the `http` part: a file in `/etc/nginx/conf.d`, say. nginx cannot wait for a program that
        restarts, and `proxy_next_upstream` helps only with a second one; so it answers 503 with `Retry-After`, and jobs
        try again. A `proxy_set_header` inside a `location` takes away all those outside of it: repeat them there.
      </Text>
    </>
  )
}

function Traefik({ place }: { place: Place }) {
  return (
    <>
      <Sample lines={traefikLines(place)} />
      <Text>
        This is a file for the file provider of Traefik 3; `web`, `websecure` and `letsencrypt` are the names that its
        own documentation uses. The entry point `web` must have no redirection of its own: it would redirect pings.
        Traefik speaks to no unix socket.
      </Text>
    </>
  )
}

function BelowPath() {
  return (
    <>
      <Text>
        CronGuard may share a host with other programs. Give the base URL a path, and every link, form, cookie and
        redirect has it; so have ping URLs, badges and mails.
      </Text>
      <Sample lines={['CRONGUARD_BASE_URL=https://example.com/cron']} />
      <Text>
        It does not matter whether the proxy passes the path on or takes it off: `proxy_pass` with or without a slash at
        its end, `handle` or `handle_path`, with or without `stripPrefix`. A request that comes without the path is
        understood as well. The path must not begin an address of CronGuard itself, like `/api` or `/ping`.
      </Text>
    </>
  )
}

function Socket() {
  return (
    <>
      <Text>
        A proxy on the same machine may speak over a socket instead of a port. CronGuard listens there besides the port:
      </Text>
      <Sample lines={['CRONGUARD_SOCKET=/run/cronguard/cronguard.sock']} />
      <Text>
        {'In the examples above, the address of the program is then `unix//run/cronguard/cronguard.sock` for Caddy, ' +
          'and `unix:/run/cronguard/cronguard.sock` for nginx.'}
      </Text>
      <Text>
        The user and the group of CronGuard may speak there (mode 0660), and whoever does is believed about whom they
        ask for, like a trusted proxy. Under systemd, give CronGuard the group of the proxy with `systemctl edit
        cronguard`:
      </Text>
      <Sample lines={['[Service]', 'Group=www-data']} />
      <Text>
        A visitor for whom the proxy tells no address has none, and wrong passwords are counted for all of them
        together, but for browsers that signed in before. A socket that a killed process left behind is replaced; one on
        which somebody listens is not.
      </Text>
    </>
  )
}

function Amiss() {
  return (
    <Table
      label="When something is amiss"
      head={['what you see', 'why']}
      rows={[
        [
          '"This form was sent from another site"',
          'the base URL is not what the browser shows, and the proxy changes `Host`',
        ],
        [
          'the sign-in comes back again and again',
          'the base URL is `https://`, and the browser came by http: the cookie travels over https only',
        ],
        [
          'every ping has the address of the proxy',
          'it is not in `CRONGUARD_TRUSTED_PROXIES`, or sends no `X-Forwarded-For`; the log says so once',
        ],
        ['a page without colours', 'the path of the base URL is not the one that the proxy passes on'],
        [
          'a page with the id of a request',
          'the log has a line with that id. With `CRONGUARD_LOG_LEVEL=debug` it has one for each request',
        ],
        ['502 over the socket', 'the proxy is not in the group that the socket belongs to'],
      ]}
    />
  )
}
