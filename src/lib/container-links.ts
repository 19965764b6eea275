// What Kubernetes and Docker put into the environment of a container for every service beside it. For one that is
// called "cronguard", or "cronguard-smtp", these look like settings of CronGuard.

const PROTOCOL = '(?:tcp|udp|sctp)'
const URL = new RegExp(`^${PROTOCOL}://[^/\\s]+:\\d+$`)
const NUMBER = /^\d+$/

/** The end of a name, and what its value looks like. */
const SHAPES: [name: RegExp, value: RegExp][] = [
  [/_SERVICE_HOST$/, /^[\w.:-]+$/],
  [/_SERVICE_PORT(_[A-Z0-9_]+)?$/, NUMBER],
  [/_PORT$/, URL],
  [/_PORT_\d+_(TCP|UDP|SCTP)$/, URL],
  [/_PORT_\d+_(TCP|UDP|SCTP)_ADDR$/, /^[\w.:-]+$/],
  [/_PORT_\d+_(TCP|UDP|SCTP)_PORT$/, NUMBER],
  [/_PORT_\d+_(TCP|UDP|SCTP)_PROTO$/, new RegExp(`^${PROTOCOL}$`)],
  [/_NAME$/, /^\/[^/]+\/[^/]+$/],
]

/** Whether a variable has the name and the value that Kubernetes or `docker run --link` gives it. */
export function isContainerLink(name: string, value: string): boolean {
  return SHAPES.some(([ofName, ofValue]) => ofName.test(name) && ofValue.test(value))
}
