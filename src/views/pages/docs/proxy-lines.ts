// What stands in the configuration of proxies. test/clients/proxies.test.ts tries it, but for Traefik's.

export interface Place {
  host: string
  /** Like "/cron"; empty for none. */
  path: string
  /** Where the proxy finds CronGuard: "127.0.0.1:8000". */
  upstream: string
}

export function placeOf({ baseUrl, upstream }: { baseUrl: string; upstream: string }): Place {
  const { hostname, pathname } = new URL(baseUrl)
  return { host: hostname, path: pathname.replace(/\/+$/, ''), upstream }
}

/** A site in a Caddyfile. */
export function caddyLines({ host, path, upstream }: Place): string[] {
  const proxy = [
    `reverse_proxy ${upstream} {`,
    '\tlb_try_duration 10s',
    '\trequest_buffers 16MiB',
    '\theader_up X-Request-Id {http.request.uuid}',
    '}',
  ]
  const placed = path === '' ? proxy : [`redir ${path} ${path}/`, `handle ${path}/* {`, ...indented(proxy, '\t'), '}']
  const site = [
    '# Browsers alone are led to https: a ping that is redirected is lost.',
    '@page {',
    '\tprotocol http',
    '\theader Accept *text/html*',
    '}',
    'redir @page https://{host}{uri}',
    '',
    ...placed,
  ]
  return [`${host}, http://${host} {`, ...indented(site, '\t'), '}']
}

/** What belongs into the `http` part of nginx. */
export function nginxLines({ host, path, upstream }: Place): string[] {
  const server = [
    'listen 80;',
    'listen 443 ssl;',
    `server_name ${host};`,
    `ssl_certificate /etc/letsencrypt/live/${host}/fullchain.pem;`,
    `ssl_certificate_key /etc/letsencrypt/live/${host}/privkey.pem;`,
    'client_max_body_size 16m;',
    '',
    'if ($leads_to_https) {',
    '    return 301 https://$host$request_uri;',
    '}',
    '',
    'proxy_http_version 1.1;',
    'proxy_set_header Connection "";',
    'proxy_set_header Host $http_host;',
    'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    'proxy_set_header X-Forwarded-Proto $scheme;',
    'proxy_set_header X-Request-Id $request_id;',
    'error_page 502 504 = @away;',
    '',
    `location ${path}/ {`,
    '    proxy_pass http://cronguard;',
    '}',
    'location @away {',
    '    add_header Retry-After 5 always;',
    '    return 503;',
    '}',
  ]
  return [
    '# Browsers alone are led to https: a ping that is redirected is lost.',
    'map "$scheme $http_accept" $leads_to_https {',
    '    default 0;',
    '    "~^http .*text/html" 1;',
    '}',
    'upstream cronguard {',
    `    server ${upstream};`,
    '    keepalive 16;',
    '}',
    'server {',
    ...indented(server, '    '),
    '}',
  ]
}

/** A file for the file provider of Traefik 3. */
export function traefikLines({ host, path, upstream }: Place): string[] {
  const here = path === '' ? `Host("${host}")` : `Host("${host}") && PathPrefix("${path}")`
  return [
    'http:',
    '  routers:',
    '    cronguard:',
    `      rule: '${here}'`,
    '      entryPoints: [websecure]',
    '      tls: { certResolver: letsencrypt }',
    '      middlewares: [cronguard-retry]',
    '      service: cronguard',
    '    # Jobs may ping without https.',
    '    cronguard-plain:',
    `      rule: '${here}'`,
    '      entryPoints: [web]',
    '      middlewares: [cronguard-retry]',
    '      service: cronguard',
    '    # Browsers alone are led to https: a ping that is redirected is lost.',
    '    cronguard-page:',
    `      rule: '${here} && HeaderRegexp("Accept", "text/html")'`,
    '      priority: 1000',
    '      entryPoints: [web]',
    '      middlewares: [cronguard-to-https]',
    '      service: cronguard',
    '  middlewares:',
    '    cronguard-to-https: { redirectScheme: { scheme: https } }',
    '    cronguard-retry: { retry: { attempts: 10, initialInterval: 500ms } }',
    '  services:',
    '    cronguard:',
    '      loadBalancer:',
    `        servers: [{ url: 'http://${upstream}' }]`,
  ]
}

function indented(lines: readonly string[], indent: string): string[] {
  return lines.map((line) => (line === '' ? '' : indent + line))
}
