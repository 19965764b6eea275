// Finds a secret setting: in a variable, in a file that a variable names, or in a systemd credential.
import { existsSync, readFileSync } from 'node:fs'

export interface SecretSource {
  kind: 'variable' | 'file' | 'credential'
  title: string
  /** Null when the variable holds the secret itself. */
  path: string | null
  /** The start of the error when the file cannot be read. It omits the path, which may be a misplaced secret. */
  fault: string
}

type Environment = Record<string, string | undefined>

/** The places that define a secret; more than one is a mistake. `credential` is the name of the systemd credential. */
export function secretSources(
  env: Environment,
  { variable, credential }: { variable: string; credential: string },
): SecretSource[] {
  const file = env[`${variable}_FILE`]
  const title = `the credential ${credential}`
  const handedOver = env.CREDENTIALS_DIRECTORY ? `${env.CREDENTIALS_DIRECTORY}/${credential}` : ''
  const sources: (SecretSource | null)[] = [
    env[variable] ? { kind: 'variable', title: variable, path: null, fault: '' } : null,
    file ? { kind: 'file', title: `${variable}_FILE`, path: file, fault: `${variable}_FILE names a file that` } : null,
    existsSync(handedOver) ? { kind: 'credential', title, path: handedOver, fault: title } : null,
  ]
  return sources.filter((source) => source !== null)
}

/** Reads the secret's file. Null for a variable or without a source. Adds what is wrong to `problems`. */
export function readSecretFile([source, another]: readonly SecretSource[], problems: string[]): string | null {
  if (source && another) problems.push(`${source.title} and ${another.title} are both set; set only one`)
  if (!source || source.path === null) return null
  try {
    return readFileSync(source.path, 'utf8').trim()
  } catch (error) {
    problems.push(`${source.fault} cannot be read (${(error as NodeJS.ErrnoException).code})`)
    return null
  }
}
