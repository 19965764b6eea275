import addTab from '@bomb.sh/tab/commander'
import type { AddCommand } from './command.ts'

/** Comes last: it completes the commands that are there. */
export const addCompletion: AddCommand = (program) => {
  addTab(program, { completionCommandName: 'completion' })
}
