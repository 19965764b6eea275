import addTab from '@bomb.sh/tab/commander'
import type { AddCommand } from './command.ts'

const NAME = 'completion'

/** Comes last: it completes the commands that are there. */
export const addCompletion: AddCommand = (program, shell) => {
  addTab(program, { completionCommandName: NAME })
  const completion = program.commands.find((command) => command.name() === NAME)
  completion?.hook('preAction', ({ args: [kind] }) => {
    if (kind === 'bash') shell.print(WITHOUT_PACKAGE)
  })
}

/** The script for bash asks the package bash-completion for the words, and many servers do not have it. */
const WITHOUT_PACKAGE = `if ! declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref() {
        words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD
        cur=\${words[cword]} prev=\${words[cword - 1]}
    }
fi
`
