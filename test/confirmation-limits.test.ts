// Confirmation emails go to strangers, so no account may send many of them.
import { afterEach, expect, test } from 'bun:test'
import { createProject, deleteProject } from '#actions/projects.ts'
import type { Project } from '#domain/project.ts'
import { HOUR, MINUTE } from '#lib/duration.ts'
import { findProject } from '#store/projects.ts'
import { TestGuard } from './support/cronguard.ts'

const OPEN = { CRONGUARD_SMTP_HOST: 'mail.example.org', CRONGUARD_REGISTRATION: 'open' }

let guard: TestGuard
afterEach(() => {
  guard.live.close()
  guard.stop()
})

test('Confirmation emails: at most 60 an hour for an account, even if it deletes its projects', async () => {
  guard = new TestGuard({ env: OPEN })
  guard.project('mallory@example.org')
  const mallory = guard.db.get<{ id: string }>("SELECT id FROM users WHERE email = 'mallory@example.org'")?.id ?? ''
  for (let round = 0; round < 4; round += 1) {
    const name = `spam ${round}`
    const project = newProject(mallory, name)
    for (let count = 0; count < 25; count += 1) guard.mailTo(project, `stranger-${round}-${count}@example.org`)
    await guard.pass(5 * MINUTE)
    deleteProject(guard.deps, { projectId: project.id, confirmation: name })
  }
  expect(guard.outside.mails).toHaveLength(60)

  const bob = guard.project('bob@example.org')
  guard.mailTo(bob, 'ops@example.org')
  await guard.pass(MINUTE)
  expect(guard.outside.mails).toHaveLength(61)

  await guard.pass(HOUR)
  guard.mailTo(newProject(mallory, 'later'), 'late@example.org')
  await guard.pass(MINUTE)
  expect(guard.outside.mails).toHaveLength(62)
})

function newProject(ownerId: string, name: string): Project {
  const project = findProject(guard.db, createProject(guard.deps, { ownerId, name }))
  if (project === null) throw new Error('The project was not created.')
  return project
}
