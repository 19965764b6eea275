import type { Reading } from '#views/components/moment.tsx'
import type { FrameContext } from '#views/layouts/frame.tsx'
import type { SignedInRequest } from './guards.ts'

/** The part of a page request that the frame of a page shows. */
export function frameOf({ user, projects, project, notice, now, version, warnings }: SignedInRequest): FrameContext {
  return { user, projects, project, notice, now, version, warnings: warnings(project) }
}

/** How times are written for this user. */
export function readingOf({ user, now }: Pick<SignedInRequest, 'user' | 'now'>): Reading {
  return { zone: user.timeZone, now }
}
