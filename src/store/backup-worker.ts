// A thread of its own, beside main.ts an entry point of the executable: the server answers pings meanwhile.
import { serveWorker } from '#lib/worker.ts'
import { copyDatabase } from './backup.ts'

serveWorker(copyDatabase)
