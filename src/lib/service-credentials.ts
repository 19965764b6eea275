// The credentials that systemd hands to the installed service alone. A command at a shell is not handed them; it can
// only see that they are there.
import { statSync } from 'node:fs'
import { join } from 'node:path'

type Environment = Record<string, string | undefined>

/** Where systemd looks for what `LoadCredential=` of the unit names (systemd.exec(5)). */
const STORES = ['/etc/credstore', '/etc/credstore.encrypted', '/run/credstore', '/usr/lib/credstore']
const SERVICE = 'credentials/cronguard.service'

export type Found = 'yes' | 'no' | 'not for this user to see'

/** Whether the service has the credential of that name, as far as this user can see. */
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
    return 'not for this user to see'
  }
}
