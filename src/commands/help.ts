import type { Command, HelpConfiguration } from 'commander'
import { asTitle } from './color.ts'
import type { AddCommand } from './command.ts'

/** How every help looks. Commands stand without "[options]": their own help has them, and the rest gets the room. */
export const HELP_STYLE: HelpConfiguration = {
  styleTitle: asTitle,
  subcommandTerm: (command) => {
    const words = command.registeredArguments.map((argument) => {
      return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`
    })
    return [command.name(), ...words].join(' ')
  },
}

/** In the place of the library's own, which knows one word only: "help monitor add" is asked for as well. */
export const addHelp: AddCommand = (program) => {
  program.helpCommand(false)
  program
    .command('help')
    .description('display help for command')
    .argument('[command...]')
    .action((words: string[]) => commandCalled(program, words).help())
}

function commandCalled(program: Command, words: string[]): Command {
  return words.reduce((above, word) => {
    const below = above.commands.find((command) => command.name() === word)
    return below ?? above.error(`error: unknown command '${word}'`)
  }, program)
}

/** A command line that can be typed as it stands, what it is for, and what stands before the program's name. */
export type Example = readonly [what: string, line: string, before?: string]

/** Shows examples below the help of the program and of the commands below it, which are known by their words. */
export function showExamples(command: Command, examples: Record<string, readonly Example[]>, words: string[] = []) {
  const own = examples[words.join(' ')] ?? []
  if (own.length > 0) command.addHelpText('after', () => `\n${[asTitle('Examples:'), ...own.map(inLines)].join('\n')}`)
  for (const below of command.commands) showExamples(below, examples, [...words, below.name()])
}

function inLines([what, line, before]: Example): string {
  return `  # ${what}\n  ${before ? `${before} ` : ''}cronguard ${line}`
}
