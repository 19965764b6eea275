import type { Reading } from '#views/components/moment.tsx'
import type { FrameVisit } from '#views/layouts/frame.tsx'
import type { SignedInVisit } from './guards.ts'

/** What the frame of a page shows of a visit. */
export function frameOf({ user, projects, project, notice, now, version, warnings }: SignedInVisit): FrameVisit {
  return { user, projects, project, notice, now, version, warnings: warnings() }
}

/** How moments are written for this user. */
export function readingOf({ user, now }: Pick<SignedInVisit, 'user' | 'now'>): Reading {
  return { zone: user.timeZone, now }
}
