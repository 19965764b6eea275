// Whose settings count: those in the environment, or, for somebody at a shell, those of the installed service.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, type Environment } from './config.ts'
import { parseEnvironmentFile } from './lib/environment-file.ts'

/** Written by install.sh; the unit reads it too. */
const FILE = 'cronguard/cronguard.env'

export interface FoundEnvironment {
  env: Environment
  /** Where settings were added from; null when the environment says enough by itself. */
  settingsFile: string | null
}

/**
 * What names no data folder means the installed CronGuard, and gets its settings; what the environment says goes first.
 * `folders`: where configuration is looked for, the nearest first. Throws `ConfigError` when it is there but not for
 * this user.
 */
export function findEnvironment(env: Environment, folders: readonly string[]): FoundEnvironment {
  if (env.CRONGUARD_DATA_DIR) return { env, settingsFile: null }
  for (const folder of folders) {
    const path = join(folder, FILE)
    const text = readIfThere(path)
    if (text !== null) return { env: withAbsent(env, parseEnvironmentFile(text)), settingsFile: path }
  }
  return { env, settingsFile: null }
}

/** Where an installed CronGuard has its settings: in the home of this user, or in that of the machine. */
export function configurationFolders(env: Environment): string[] {
  const home = env.XDG_CONFIG_HOME || (env.HOME ? join(env.HOME, '.config') : '')
  return [...(home === '' ? [] : [home]), '/etc']
}

// An empty variable counts as absent, as everywhere.
function withAbsent(env: Environment, settings: Record<string, string>): Environment {
  return { ...env, ...Object.fromEntries(Object.entries(settings).filter(([name]) => !env[name])) }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw new ConfigError([
      `${path} has the settings of the CronGuard on this machine, but this user cannot read it (${code}). Call this ` +
        'as its user, like `sudo -u cronguard cronguard ...`, or set CRONGUARD_DATA_DIR for one of your own',
    ])
  }
}
