import { z } from 'zod'
import type { About } from './about.ts'

export const STATUS: About = {
  id: 'readStatus',
  resource: 'Instance',
  summary: 'Returns `OK` if the database can be read',
  answers: { 200: z.string() },
}

const Id = z.int().nullable()

export const STATUS_METRICS: About = {
  id: 'readMetrics',
  resource: 'Instance',
  summary: 'Returns metrics for monitoring CronGuard itself',
  notes: 'Send the metrics token in the header `X-Metrics-Key`.',
  answers: {
    200: z.object({
      ts: z.int().describe('The current Unix time.'),
      max_ping_id: Id.describe('Increases with each ping.'),
      max_notification_id: Id.describe('Increases with each notification.'),
      num_unprocessed_flips: z.int().describe('The number of pending notifications.'),
    }),
  },
  refusals: { 403: 'The header is missing or wrong, or no metrics token is configured. The body is empty.' },
}
