import type { z } from 'zod'

/** The documentation of an operation of the management API, for people and programs. */
export interface About {
  /** A unique name, such as "listChecks". */
  id: string
  /** The section of the documentation that contains it. */
  resource: Resource
  /** One line without a period, such as "Lists the checks". */
  summary: string
  /** Full sentences, if one line isn't enough. */
  notes?: string
  query?: z.ZodObject
  body?: z.ZodObject
  /** The schema of the response for each status. A plain string means a response that isn't JSON. */
  answers: Partial<Record<200 | 201 | 409, z.ZodType>>
  /** Whether a 400 response has no body, as in Healthchecks. */
  hasEmptyBadRequest?: boolean
  /** Reasons for errors, besides those that all operations of this kind share. */
  refusals?: Partial<Record<403 | 404 | 409 | 429, string>>
}

/** The sections of the documentation, in order. */
export const RESOURCES = [
  'Checks',
  'History',
  'Channels',
  'Deliveries',
  'Incidents',
  'Snoozes',
  'Maintenance',
  'Project',
  'Keys',
  'Badges',
  'Instance',
] as const
export type Resource = (typeof RESOURCES)[number]
