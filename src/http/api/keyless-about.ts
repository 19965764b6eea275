import { z } from 'zod'
import type { About } from './about.ts'

export const STATUS: About = {
  id: 'readStatus',
  resource: 'Instance',
  summary: 'Says `OK` when the database can be read',
  answers: { 200: z.string() },
}

const Id = z.int().nullable()

export const STATUS_METRICS: About = {
  id: 'readMetrics',
  resource: 'Instance',
  summary: 'Numbers by which a program can watch over CronGuard',
  notes: 'It takes the metrics token of the instance in the header `X-Metrics-Key`.',
  answers: {
    200: z.object({
      ts: z.int().describe('The present as a Unix time.'),
      max_ping_id: Id.describe('Grows with every ping.'),
      max_notification_id: Id.describe('Grows with every change of which somebody is told.'),
      num_unprocessed_flips: z.int().describe('How many messages are not sent yet.'),
    }),
  },
  refusals: { 403: 'The header is missing or wrong, or the instance has no metrics token. The body is empty.' },
}
