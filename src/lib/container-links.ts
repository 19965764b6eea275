// Recognizes the variables that Kubernetes and Docker add to a container for every linked service. A service named
// "cronguard" gets CRONGUARD_PORT=tcp://10.0.0.1:80, which looks like a CronGuard setting.

const PROTOCOL = '(?:tcp|udp|sctp)'
const URL = new RegExp(`^${PROTOCOL}://[^/\\s]+:\\d+$`)
const NUMBER = /^\d+$/

/** The ending of the variable's name, and the shape of its value. */
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
