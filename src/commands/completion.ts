import addTab from '@bomb.sh/tab/commander'
import type { AddCommand } from './command.ts'

const NAME = 'completion'

/** Must be added last, because it completes the commands added before. */
export const addCompletion: AddCommand = (program, shell) => {
  addTab(program, { completionCommandName: NAME })
  const completion = program.commands.find((command) => command.name() === NAME)
  if (completion === undefined) throw new Error('The completion command is missing.')
  completion.description('generate a shell completion script')
  for (const argument of completion.registeredArguments)
    argument.description = 'your shell: bash, zsh, fish or powershell'
  completion.hook('preAction', ({ args: [kind] }) => {
    if (kind === 'bash') shell.print(WITHOUT_PACKAGE)
  })
}

/** The script for bash needs this function of the package bash-completion, which many servers lack. */
const WITHOUT_PACKAGE = `if ! declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref() {
        words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD
        cur=\${words[cword]} prev=\${words[cword - 1]}
    }
fi
`
