import { isAbsolute } from 'node:path'
import { keepBackup } from '#actions/backups.ts'
import { hasMailServer } from '#actions/mail-server.ts'
import { createSetupToken } from '#actions/registration.ts'
import { keepSettings } from '#actions/server-settings.ts'
import { type App, startApp } from '#app.ts'
import { type Config, plainSettings } from '#config.ts'
import { systemClock } from '#lib/clock.ts'
import { asServiceUser } from '#lib/service-user.ts'
import { catchSignal } from '#lib/signals.ts'
import type { AddCommand, Shell } from './command.ts'

export const addServe: AddCommand = (program, shell) => {
  program
    .command('serve')
    .description('run the server (the default command)')
    .action(async () => {
      const onBackupSignal = catchSignal('SIGUSR1')
      const manager = await shell.findServiceManager()
      const app = await startApp({ config: shell.readServerConfig(), clock: systemClock }, manager)
      keepSettings(app.deps, plainSettings(shell.describeConfig()))
      surviveFaults(app)
      console.warn = (...words) => app.deps.log.debug('Library warning', { text: words.join(' ') })
      onBackupSignal(() => void keepBackup(app.deps))
      logStart(app, shell)
      manager.ready(`Running at ${app.deps.config.baseUrl}`)
      await stopSignal()
      manager.stopping('Finishing requests in progress')
      app.deps.log.info('CronGuard is stopping')
      await app.stop()
    })
}

function logStart({ deps }: App, shell: Shell): void {
  const { config, log } = deps
  log.info('CronGuard started', { address: config.baseUrl, data: config.dataDir })
  const { ignoredVariables } = config
  if (ignoredVariables.length > 0) {
    log.info('Ignored variables from Kubernetes or Docker links', { variables: ignoredVariables.join(', ') })
  }
  if (!hasMailServer(deps)) log.warn('No mail server is configured: emails are only written to this log')
  const token = createSetupToken(deps)
  const setup = token === null ? null : `${config.baseUrl}/setup?token=${token}`
  const command = asServiceUser(`${programFor(config)} user create you@example.com --admin`)
  // In JSON format, every line must be a log event.
  if (config.logFormat === 'json') {
    if (setup !== null)
      log.warn('No account yet: create the first one with this link, which works once and expires in 30 minutes', {
        setup,
        command,
      })
    return
  }
  shell.tell(`\nCronGuard is running at ${config.baseUrl}`)
  if (setup === null) return
  shell.tell('No account yet. Create the first one here; the link works once and expires in 30 minutes:')
  shell.tell(`  ${setup}`)
  shell.tell(`Or use this command: ${command}\n`)
}

// A crash would silence all alerts, so unexpected errors are logged and the server keeps running.
function surviveFaults({ deps }: App): void {
  const logFault = (error: unknown): void => deps.log.error('Unexpected error', { error })
  process.on('uncaughtException', logFault)
  process.on('unhandledRejection', logFault)
}

// The command names the data folder, so that it works from any folder and any shell.
function programFor({ dataDir }: Config): string {
  const program = Bun.isStandaloneExecutable ? process.execPath : 'bun src/main.ts'
  return isAbsolute(dataDir) ? `CRONGUARD_DATA_DIR=${dataDir} ${program}` : program
}

// A terminal and npm both pass Ctrl-C on, so the signal comes twice. The second one must not cut the stop short.
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => resolve())
  })
}
