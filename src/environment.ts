// Finds the settings for a command: from the environment, or from the settings file of the installed service.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, type Environment } from './config.ts'
import { parseEnvironmentFile } from './lib/environment-file.ts'

/** Written by install.sh; the unit reads it too. */
const FILE = 'cronguard/cronguard.env'

export interface FoundEnvironment {
  env: Environment
  /** The file whose settings were added. Null when the environment names a data folder, or there is no file. */
  settingsFile: string | null
}

/**
 * Without CRONGUARD_DATA_DIR a command means the installed CronGuard, so the settings file is added; the environment
 * takes precedence. `folders` are searched in order. Throws `ConfigError` when this user may not read the file.
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

/** The folders that may hold the settings of an installed CronGuard: of this user, then of the system. */
export function configurationFolders(env: Environment): string[] {
  const home = env.XDG_CONFIG_HOME || (env.HOME ? join(env.HOME, '.config') : '')
  return [...(home === '' ? [] : [home]), '/etc']
}

// As everywhere, an empty variable counts as not set.
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
      `This user cannot read ${path}, the settings of the installed CronGuard (${code}). Run the command as the ` +
        'service user, like `sudo -u cronguard cronguard ...`, or set CRONGUARD_DATA_DIR to a folder of your own',
    ])
  }
}
