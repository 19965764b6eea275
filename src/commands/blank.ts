import type { Command } from 'commander'

/** The library's command for shell completion. It is called with an empty word to list what may follow. */
const COMPLETES = 'complete'

/**
 * Ends the program with a usage error when an argument or option value is blank. A shell passes an empty word for a
 * quoted variable that is not set, and no command accepts one.
 */
export function refuseBlank(command: Command): void {
  if (command.name() === COMPLETES) return
  const [blank] = [...blankArguments(command), ...blankOptions(command)]
  if (blank === undefined) return
  command.error(`error: ${blank} is empty. Check for an unset shell variable. Nothing was changed.`, { exitCode: 2 })
}

function blankArguments({ registeredArguments, processedArgs }: Command): string[] {
  return registeredArguments
    .filter((_argument, index) => isBlank(processedArgs[index]))
    .map((argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`))
}

// An option of the command above counts, too: `backup --to "" verify FILE`.
function blankOptions(command: Command): string[] {
  const own = command.options
    .filter((option) => isBlank(command.getOptionValue(option.attributeName())))
    .map((option) => option.long ?? option.flags)
  return command.parent === null ? own : [...own, ...blankOptions(command.parent)]
}

function isBlank(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isBlank)
  return typeof value === 'string' && value.trim() === ''
}
