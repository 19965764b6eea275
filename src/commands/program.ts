import { Command } from 'commander'
import { version } from '#package.json' with { type: 'json' }
import { addBackup } from './backup.ts'
import { refuseBlank } from './blank.ts'
import { addChannel } from './channel.ts'
import type { AddCommand, Shell } from './command.ts'
import { addCompletion } from './completion.ts'
import { addConfig } from './config.ts'
import { addDoctor } from './doctor.ts'
import { EXAMPLES } from './examples.ts'
import { addExport } from './export.ts'
import { addHelp, HELP_STYLE, showExamples } from './help.ts'
import { addImport } from './import.ts'
import { addAck, addIncident } from './incident.ts'
import { addKey } from './key.ts'
import { addMaintenance } from './maintenance.ts'
import { addMigrate } from './migrate.ts'
import { addMonitor } from './monitor.ts'
import { addProject } from './project.ts'
import { addRestore } from './restore.ts'
import { addSchedule } from './schedule.ts'
import { addServe } from './serve.ts'
import { addSnooze } from './snooze.ts'
import { addUser } from './user.ts'
import { addVersion } from './version.ts'

/** Every command, under the heading that help and documentation show it below. */
const COMMANDS: Record<string, AddCommand[]> = {
  'Server:': [addServe, addMigrate, addConfig, addDoctor],
  'Monitors and channels:': [
    addProject,
    addMonitor,
    addIncident,
    addAck,
    addSnooze,
    addMaintenance,
    addChannel,
    addSchedule,
  ],
  'Users and keys:': [addUser, addKey],
  'Backup and export:': [addBackup, addRestore, addExport, addImport],
  'Help:': [addVersion, addHelp, addCompletion],
}

/** The whole command line. */
export function createProgram(shell: Shell): Command {
  const program = new Command('cronguard')
    .description("A dead man's switch for cron jobs. Configure it with environment variables; see the documentation.")
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('(try --help)')
    .configureHelp(HELP_STYLE)
    .exitOverride()
    .hook('preAction', (_program, command) => refuseBlank(command))
  for (const [heading, group] of Object.entries(COMMANDS)) {
    program.commandsGroup(heading)
    for (const addCommand of group) addCommand(program, shell)
  }
  showExamples(program, EXAMPLES)
  return program
}
