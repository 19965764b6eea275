// Runs the command named on the command line and sets the exit code: 0 done, 1 failed, 2 usage error.
import { CommanderError } from 'commander'
import { inColor } from './commands/color.ts'
import type { Shell } from './commands/command.ts'
import { warnAboutDefaultFolder } from './commands/folder.ts'
import { createProgram } from './commands/program.ts'
import { type Config, ConfigError, type ConfigUser, describeConfig, readConfig } from './config.ts'
import { configurationFolders, type FoundEnvironment, findEnvironment } from './environment.ts'
import { addTrustedCertificates } from './lib/certificates.ts'
import { AppError, messageOf, StorageRefusedError } from './lib/errors.ts'
import { codeOf } from './lib/files.ts'
import { readStream } from './lib/input.ts'
import { writeToStdout } from './lib/output.ts'
import { createCredentialFinder } from './lib/service-credentials.ts'
import { findServiceManager, writesToJournal } from './lib/systemd.ts'
import { askAtTerminal } from './lib/terminal.ts'
import { setZoneFolders } from './lib/zone-time.ts'

const shell: Shell = {
  readConfig: () => configFor('command'),
  readServerConfig: () => configFor('server'),
  isForService: () => environment().settingsFile !== null,
  describeConfig: () => describeConfig(environment().env, process.env, createCredentialFinder(process.env)),
  findServiceManager: () => findServiceManager(process.env, (sentence) => shell.tell(sentence)),
  print: (line, color) => writeToStdout(`${supportsColor() ? inColor(line, color) : line}\n`),
  // Bun's console.error would add its own colors.
  tell: (line) => void process.stderr.write(`${line}\n`),
  readInput: (max) => readStream(Bun.stdin.stream(), max),
  ask: askAtTerminal,
}

// Warnings of libraries would confuse the users of commands. The server logs them instead.
console.warn = () => {}

// TZDIR is the conventional variable for the folder of the time zone database.
if (process.env.TZDIR) setZoneFolders([process.env.TZDIR])

// Only the owner may read the files that CronGuard writes: the database, the write-ahead log and the secret key.
process.umask(0o077)
process.exit(await run(process.argv.slice(2)))

// Follows https://no-color.org.
function supportsColor(): boolean {
  return process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
}

// When run from source, CronGuard ignores the settings of an installed one.
function environment(): FoundEnvironment {
  return findEnvironment(process.env, Bun.isStandaloneExecutable ? configurationFolders(process.env) : [])
}

function configFor(user: ConfigUser): Config {
  const { env, settingsFile } = environment()
  const config = readConfig(env, user)
  if (user === 'command' && !env.CRONGUARD_DATA_DIR && settingsFile === null) warnAboutDefaultFolder(config, shell)
  if (config.caCertificates !== null) addTrustedCertificates(config.caCertificates)
  return config
}

async function run(args: string[]): Promise<number> {
  const program = createProgram(shell).configureOutput({
    getOutHasColors: supportsColor,
    getErrHasColors: () => false,
  })
  try {
    await program.parseAsync(args.length === 0 ? ['serve'] : args, { from: 'user' })
    return 0
  } catch (error) {
    return exitCodeOf(error)
  }
}

// Errors that a person can fix are printed as a sentence. Anything else is a bug and is printed with its stack.
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof ConfigError || error instanceof AppError || error instanceof StorageRefusedError) {
    printError(error.message)
    return 1
  }
  if (isSystemError(error)) printError(`${messageOf(error)}.`)
  else printError(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return 1
}

// For example an unreadable file: "EACCES: permission denied, open '/root/x.db'".
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && /^E[A-Z0-9]+$/.test(codeOf(error) ?? '')
}

// The journal reads the priority from the start of each line.
function printError(text: string): void {
  shell.tell(writesToJournal(process.env) ? text.replace(/^/gm, '<3>') : text)
}
