import type { z } from 'zod'

/** What a schema refuses. Messages of the domain's schemas are codes, which `words/` phrases. */
export type Issue = z.core.$ZodIssue
