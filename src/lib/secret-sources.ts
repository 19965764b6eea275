// A secret of the configuration: in a variable, in a file that a variable names, or handed over by systemd.
import { existsSync, readFileSync } from 'node:fs'

export interface SecretSource {
  kind: 'variable' | 'file' | 'credential'
  title: string
  /** Null: the variable holds the secret itself. */
  path: string | null
  /** What is wrong when its file cannot be read. The path is no part of it: somebody may have put the secret there. */
  fault: string
}

type Environment = Record<string, string | undefined>

/** Where a secret is to be had; more than one place is a slip. `credential`: as systemd names what it hands over. */
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

/** What stands in its file; null for a variable, and when there is no source. What is wrong is added to `problems`. */
export function readSecretFile([source, another]: readonly SecretSource[], problems: string[]): string | null {
  if (source && another) problems.push(`${source.title} and ${another.title} are both set; keep one`)
  if (!source || source.path === null) return null
  try {
    return readFileSync(source.path, 'utf8').trim()
  } catch (error) {
    problems.push(`${source.fault} cannot be read (${(error as NodeJS.ErrnoException).code})`)
    return null
  }
}
