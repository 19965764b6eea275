// Finds the credentials that systemd passes to the installed service. A command in a shell does not receive them and
// can only check whether they exist.
import { statSync } from 'node:fs'
import { join } from 'node:path'

type Environment = Record<string, string | undefined>

/** Where systemd looks for the names in the unit's `LoadCredential=` (systemd.exec(5)). */
const STORES = ['/etc/credstore', '/etc/credstore.encrypted', '/run/credstore', '/usr/lib/credstore']
const SERVICE = 'credentials/cronguard.service'

/** `hidden` means that this user may not look. */
export type Found = 'yes' | 'no' | 'hidden'

/** Returns a function that says whether the service has a credential. */
export function createCredentialFinder(env: Environment): (name: string) => Found {
  const home = env.XDG_CONFIG_HOME || (env.HOME ? join(env.HOME, '.config') : '')
  const stores = [...(home === '' ? [] : [join(home, 'credstore')]), ...STORES]
  const handedOver = [...(env.XDG_RUNTIME_DIR ? [join(env.XDG_RUNTIME_DIR, SERVICE)] : []), join('/run', SERVICE)]
  return (name) => {
    const paths = [...stores.map((store) => join(store, `cronguard.${name}`)), ...handedOver.map((d) => join(d, name))]
    const found = paths.map(look)
    return found.find((one) => one === 'yes') ?? found.find((one) => one !== 'no') ?? 'no'
  }
}

function look(path: string): Found {
  try {
    return statSync(path, { throwIfNoEntry: false }) ? 'yes' : 'no'
  } catch {
    return 'hidden'
  }
}
