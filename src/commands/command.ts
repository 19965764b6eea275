import type { Command } from 'commander'
import type { Config, DescribedSetting } from '#config.ts'
import type { ServiceManager } from '#lib/systemd.ts'
import type { Color } from './color.ts'

/** What a command gets from the shell that called it. */
export interface Shell {
  /** For a command, which can do without the credentials of the service. Throws `ConfigError`. */
  readConfig(): Config
  /** Reads it for the server. Throws `ConfigError`. */
  readServerConfig(): Config
  /** Whether the settings are those of the installed service, which may be handed credentials besides. */
  isForService(): boolean
  /** Every setting with where it comes from; throws `ConfigError`. */
  describeConfig(): DescribedSetting[]
  /** Who started this process and wants to know how it is; a silent one when nobody does. */
  findServiceManager(): Promise<ServiceManager>
  /** One line on standard output; in that colour when it is a terminal that has colours. */
  print(line: string, color?: Color): void
  /** One line on standard error, for people. */
  tell(line: string): void
  /** All of standard input; null when it has more than `max` bytes. */
  readInput(max: number): Promise<string | null>
  /** What the person at the terminal answers; null where nobody can be asked. */
  ask(question: string): Promise<string | null>
}

/** Adds one command to the program. */
export type AddCommand = (program: Command, shell: Shell) => void
