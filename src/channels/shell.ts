import { z } from 'zod'
import type { Outcome } from '#domain/delivery.ts'
import { SECOND } from '#lib/duration.ts'
import { isProgramName, runProgram } from '#lib/programs.ts'
import type { ChannelKind, Message, Transports } from './kind.ts'
import { automationPayload } from './shared/automation.ts'

interface ShellSettings {
  program: string
}

const TIMEOUT_MS = 30 * SECOND
const OUTPUT_MAX = 64_000

export const shell: ChannelKind<ShellSettings> = {
  kind: 'shell',
  label: 'Program on this server',
  group: 'Automation and groups',
  offer: 'Runs a program that an administrator installed on this server.',
  guide: 'program-on-this-server',
  needsMailServer: false,
  isForPrograms: true,
  runsPrograms: true,
  fields: [
    {
      name: 'program',
      label: 'Program',
      help: 'The file name of a program in CRONGUARD_SHELL_DIR, without arguments.',
      type: 'text',
      isRequired: true,
      link: { label: 'Available variables', url: '/docs/channels#program-on-this-server' },
    },
  ],
  settings: z.object({
    program: z.string().refine(isProgramName, 'Enter a file name with only letters, digits, dots, - and _.'),
  }),
  summary: ({ program }) => program,
  send,
}

async function send({ program }: ShellSettings, message: Message, { programs = null }: Transports): Promise<Outcome> {
  if (programs === null) return failed('settings', 'Programs are disabled on this server: CRONGUARD_SHELL is off')
  const result = await runProgram({
    folder: programs,
    name: program,
    environment: environmentOf(message),
    timeoutMs: TIMEOUT_MS,
    outputMax: OUTPUT_MAX,
  })
  if (result.kind === 'unusable') return failed('settings', result.problem)
  const output = { text: result.output, isCut: result.isCut }
  if (result.kind === 'timeout') return { ...failed('timeout', 'Stopped after 30 seconds'), output }
  const { exitCode, signal } = result
  if (exitCode === 0) return { result: 'sent', detail: 'The program ended with exit code 0', output }
  const how = signal === null ? `ended with exit code ${exitCode}` : `was killed by ${signal}`
  return { ...failed('status', `The program ${how}`), output }
}

// No failure is permanent: a program can be fixed while CronGuard retries.
function failed(reason: 'settings' | 'timeout' | 'status', detail: string): Outcome {
  return { result: 'failed', reason, detail, isPermanent: false }
}

/** Leaves out the server's own environment, which holds secrets. A value can't contain NUL. */
function environmentOf(message: Message): Record<string, string> {
  const values = Object.entries(automationPayload(message)).map(([name, value]) => [
    `ALERT_${name.toUpperCase()}`,
    (Array.isArray(value) ? value.join(' ') : String(value ?? '')).replaceAll('\0', ''),
  ])
  return { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', ...Object.fromEntries(values) }
}
