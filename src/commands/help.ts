import type { Command, HelpConfiguration } from 'commander'
import { asTitle } from './color.ts'
import type { AddCommand } from './command.ts'

/** The style of all help texts. Lists of commands omit "[options]" to leave room for the descriptions. */
export const HELP_STYLE: HelpConfiguration = {
  styleTitle: asTitle,
  subcommandTerm: (command) => {
    const words = command.registeredArguments.map((argument) => {
      return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`
    })
    return [command.name(), ...words].join(' ')
  },
}

/** Replaces the library's help command, which accepts one word only, so that "help monitor add" works. */
export const addHelp: AddCommand = (program) => {
  program.helpCommand(false)
  program
    .command('help')
    .description('show help for a command')
    .argument('[command...]')
    .action((words: string[]) => commandCalled(program, words).help())
}

function commandCalled(program: Command, words: string[]): Command {
  return words.reduce((above, word) => {
    const below = above.commands.find((command) => command.name() === word)
    return below ?? above.error(`error: unknown command '${word}'`)
  }, program)
}

/** A complete command line, what it does, and optionally the text before the program's name. */
export type Example = readonly [what: string, line: string, before?: string]

/** Adds examples to the help of the program and of all its commands. The keys are the words of the command. */
export function showExamples(command: Command, examples: Record<string, readonly Example[]>, words: string[] = []) {
  const own = examples[words.join(' ')] ?? []
  if (own.length > 0) command.addHelpText('after', () => `\n${[asTitle('Examples:'), ...own.map(inLines)].join('\n')}`)
  for (const below of command.commands) showExamples(below, examples, [...words, below.name()])
}

function inLines([what, line, before]: Example): string {
  return `  # ${what}\n  ${before ? `${before} ` : ''}cronguard ${line}`
}
