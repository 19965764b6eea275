import type { Reading } from '#views/components/moment.tsx'
import type { FrameContext } from '#views/layouts/frame.tsx'
import type { SignedInRequest } from './guards.ts'

/** What the frame of a page shows of a visit. */
export function frameOf({ user, projects, project, notice, now, version, warnings }: SignedInRequest): FrameContext {
  return { user, projects, project, notice, now, version, warnings: warnings() }
}

/** How moments are written for this user. */
export function readingOf({ user, now }: Pick<SignedInRequest, 'user' | 'now'>): Reading {
  return { zone: user.timeZone, now }
}
