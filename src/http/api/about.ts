import type { z } from 'zod'

/** What a person or a program must know to call an operation of the management API. */
export interface About {
  /** "listChecks"; unique. */
  id: string
  /** What it is about, as its part of the page is called. */
  resource: Resource
  /** "Lists the checks": one line, without a full stop. */
  summary: string
  /** Whole sentences, where one line is not enough. */
  notes?: string
  query?: z.ZodObject
  body?: z.ZodObject
  /** What it answers with, by the status. A text is no JSON. */
  answers: Partial<Record<200 | 201 | 409, z.ZodType>>
  /** Whether a 400 has no body, as in Healthchecks. */
  isRefusedBare?: boolean
  /** Why it may be refused, beyond what every operation of its sort is refused for. */
  refusals?: Partial<Record<403 | 409 | 429, string>>
}

/** In the order in which people need them. */
export const RESOURCES = [
  'Checks',
  'History',
  'Channels',
  'Deliveries',
  'Incidents',
  'Project',
  'Keys',
  'Badges',
  'Instance',
] as const
export type Resource = (typeof RESOURCES)[number]
