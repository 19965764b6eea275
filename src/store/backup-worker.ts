// Copies the database in a separate thread, so that the server keeps answering pings. It is an entry point of the
// executable, next to main.ts.
import { serveWorker } from '#lib/worker.ts'
import { copyDatabase } from './backup.ts'

serveWorker(copyDatabase)
