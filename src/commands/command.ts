import type { Command } from 'commander'
import type { Config, DescribedSetting } from '#config.ts'
import type { ServiceManager } from '#lib/systemd.ts'
import type { Color } from './color.ts'

/** What commands use of the process and its terminal. */
export interface Shell {
  /** Reads the configuration for a command, which works without the service's credentials. Throws `ConfigError`. */
  readConfig(): Config
  /** Reads the configuration for the server. Throws `ConfigError`. */
  readServerConfig(): Config
  /** Whether the settings are those of the installed service, which may also get credentials from systemd. */
  isForService(): boolean
  /** Lists every setting with its source. Throws `ConfigError`. */
  describeConfig(): DescribedSetting[]
  /** Returns the service manager that started this process, or one that ignores all messages. */
  findServiceManager(): Promise<ServiceManager>
  /** Prints one line to standard output, in color if the terminal supports it. */
  print(line: string, color?: Color): void
  /** Prints one line for people to standard error. */
  tell(line: string): void
  /** Reads standard input to its end. Null when it has more than `max` bytes. */
  readInput(max: number): Promise<string | null>
  /** Asks at the terminal. Null when there is no terminal. */
  ask(question: string): Promise<string | null>
}

/** Adds one command to the program. */
export type AddCommand = (program: Command, shell: Shell) => void
