// A thread of its own, beside main.ts an entry point of the executable: the server answers pings meanwhile.
import { answerQuestions } from '#lib/worker.ts'
import { copyDatabase } from './backup.ts'

answerQuestions(copyDatabase)
