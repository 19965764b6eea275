// Export and import of the configuration, from one server to another.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { setChannelDisabled } from '#actions/channels.ts'
import { exportConfiguration } from '#actions/exports.ts'
import { type ImportOrder, importConfiguration, readExport } from '#actions/imports.ts'
import { pauseMonitor } from '#actions/monitors.ts'
import { projectsOf, setHiddenWords } from '#actions/projects.ts'
import type { Exported } from '#domain/export.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { AppError } from '#lib/errors.ts'
import { listChannels, listChannelsOfMonitor } from '#store/channels.ts'
import { listMonitors } from '#store/monitors.ts'
import { findHiddenWords, listProjectsOfUser } from '#store/projects.ts'
import { TestGuard } from './support/cronguard.ts'

const SECRET_URL = 'https://hooks.example.com/services/T0P/S3CRET'

let from: TestGuard
let to: TestGuard
let project: Project
let backup: Monitor
let mail: string
let hook: string

beforeEach(async () => {
  from = new TestGuard()
  to = new TestGuard()
  project = from.project()
  mail = from.mailTo(project, 'ops@example.org')
  hook = from.channel(project, { kind: 'webhook', settings: { url: SECRET_URL, secret: 'sign-with-this' } })
  backup = from.monitor(
    project,
    {
      name: 'backup',
      slug: 'backup',
      tags: 'prod db',
      description: 'Every night.',
      alias: 'old-token-of-another-tool',
      schedule: { kind: 'cron', expression: '0 3 * * *', timeZone: 'Europe/Riga' },
      graceMs: 600_000,
      maxRunMs: 3_600_000,
      earlyMs: null,
      failuresToAlert: 2,
      postOnly: true,
      filter: { failureKeywords: 'ERROR', subject: true },
    },
    [mail, hook],
  )
  pauseMonitor(from.deps, from.refOf(from.monitor(project, { name: 'billing' }, [mail])))
  await from.ping(backup, '', { method: 'POST', body: 'PING-BODY' })
  setHiddenWords(from.deps, { projectId: project.id, words: 'Acme\nwinter' })
  to.project('bob@example.org')
})
afterEach(() => {
  from.stop()
  to.stop()
})

const exported = (withSecrets = true): Exported => exportConfiguration(from.deps, { withSecrets })
const travelled = (content: unknown): Exported => readExport(JSON.stringify(content))
const bring = (content: unknown, order: Partial<ImportOrder> = {}) =>
  importConfiguration(to.deps, { content: travelled(content), ownerEmail: null, isDryRun: false, ...order })
const outcomes = async (content: unknown, order: Partial<ImportOrder> = {}) =>
  (await bring(content, order)).map(({ what, name, outcome }) => `${outcome} ${what} ${name}`)
const there = () => exportConfiguration(to.deps, { withSecrets: true }).projects.find(({ id }) => id === project.id)
const everything = () => exportConfiguration(to.deps, { withSecrets: true }).projects

async function refusal(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
  throw new Error('Nothing was refused')
}

describe('exportConfiguration', () => {
  test('contains projects, monitors and channels, but no pings and no users', async () => {
    const content = exported()
    expect(content).toMatchObject({ format: 'cronguard-configuration', version: 1, with_secrets: true })
    expect(content.projects[0]?.monitors.map(({ name, paused }) => [name, paused])).toEqual([
      ['backup', false],
      ['billing', true],
    ])
    expect(content.projects[0]?.monitors[0]).toMatchObject({
      ping_key: backup.pingKey,
      schedule: { kind: 'cron', expression: '0 3 * * *', time_zone: 'Europe/Riga' },
      channels: [mail, hook].sort(),
    })
    const text = JSON.stringify(content)
    for (const kept of ['alice@', 'PING-BODY', 'password']) expect(text).not.toContain(kept)
    expect(travelled(content)).toEqual(content)
  })

  test('contains secrets of channels only on request', async () => {
    const text = JSON.stringify(exported(false))
    for (const secret of ['S3CRET', 'hooks.example.com', 'sign-with-this']) expect(text).not.toContain(secret)
    expect(text).toContain('ops@example.org')
    expect(JSON.stringify(exported(true))).toContain(SECRET_URL)
  })
})

describe('importConfiguration', () => {
  test('creates the same configuration with the same keys, for the given owner', async () => {
    expect(await outcomes(exported(), { ownerEmail: 'bob@example.org' })).toEqual([
      'created project My project',
      'created channel email',
      'created channel webhook',
      'created monitor backup',
      'created monitor billing',
    ])
    expect(there()).toEqual(exported().projects[0] as never)
    const bob = to.db.get<{ id: string }>("SELECT id FROM users WHERE email = 'bob@example.org'")?.id ?? ''
    expect(listProjectsOfUser(to.db, bob).map(({ id, role }) => [id === project.id, role])).toContainEqual([
      true,
      'owner',
    ])
  })

  test('replaces the empty project that came with the account, and no other', async () => {
    const projectsOfBob = () => projectsOf(to.deps, 'bob@example.org').map(({ id }) => id)
    const [empty = ''] = projectsOfBob()
    expect((await outcomes(exported(), { isDryRun: true }))[0]).toBe('created project My project')
    expect(projectsOfBob()).toEqual([empty])
    const twice = exported()
    const double = {
      ...twice.projects[0],
      id: crypto.randomUUID(),
      ping_key: 'p'.repeat(22),
      badge_key: crypto.randomUUID(),
    }
    twice.projects.unshift({ ...double, channels: [], monitors: [] } as never)
    await bring(twice)
    expect(projectsOfBob()).toEqual([double.id, project.id])
  })

  test.each([
    ['a monitor', (mine: Project) => void to.monitor(mine, { name: 'mine' })],
    ['a channel', (mine: Project) => void to.mailTo(mine, 'ops@example.org')],
    ['a key', (mine: Project) => void to.apiKey(mine)],
  ])('does not replace a project that has %s', async (_what, make) => {
    const [mine] = projectsOf(to.deps, 'bob@example.org')
    make(mine as Project)
    await bring(exported())
    expect(projectsOf(to.deps, 'bob@example.org').map(({ id }) => id)).toEqual([mine?.id ?? '', project.id])
  })

  test('keeps ping URLs, which work at once, and paused monitors', async () => {
    await bring(exported())
    await to.ping(backup, '', { method: 'POST' })
    expect(to.now(backup).status).toBe('up')
    expect(listMonitors(to.db, project.id).map(({ name, status }) => [name, status])).toEqual([
      ['backup', 'up'],
      ['billing', 'paused'],
    ])
  })

  test('changes nothing the second time', async () => {
    await bring(exported())
    const before = everything()
    expect((await bring(exported())).map(({ outcome }) => outcome)).toEqual(Array(5).fill('unchanged'))
    expect(everything()).toEqual(before)
  })

  test('updates what differs, and nothing else', async () => {
    await bring(exported())
    await to.ping(backup, '', { method: 'POST' })
    const mine = to.monitor({ ...project }, { name: 'only here' })
    const content = exported()
    const [changed] = content.projects
    if (!changed) throw new Error('There is a project')
    changed.name = 'Production'
    Object.assign(changed.monitors[0] as object, { grace_ms: 900_000, tags: 'prod' })
    Object.assign(changed.channels[0] as object, { settings: { address: 'night@example.org' } })
    expect(await outcomes(content)).toEqual([
      'changed project Production',
      'changed channel email',
      'unchanged channel webhook',
      'changed monitor backup',
      'unchanged monitor billing',
    ])
    expect(to.now(backup)).toMatchObject({ graceMs: 900_000, tags: 'prod', status: 'up', pingCount: 1 })
    expect(to.now(mine).name).toBe('only here')
  })

  test('takes over the words to hide, and keeps them if an older export has none', async () => {
    const content = exported()
    const [shared] = content.projects
    if (!shared) throw new Error('There is a project')
    expect(shared.hidden_words).toBe('Acme\nwinter')
    await bring(content)
    await bring({ ...content, projects: [{ ...shared, hidden_words: 'Acme' }] })
    expect(findHiddenWords(to.db, project.id)).toEqual(['Acme'])
    await bring({ ...content, projects: [{ ...shared, hidden_words: undefined }] })
    expect(findHiddenWords(to.db, project.id)).toEqual(['Acme'])
  })

  test('removes direction controls and invisible characters', async () => {
    const content = exported()
    const shown = { name: 'back\u202Eup', tags: 'pr\u200Bod', description: 'Every \u2066night.' }
    Object.assign(content.projects[0]?.monitors[0] as object, shown)
    expect(await outcomes(content)).toContain('created monitor backup')
    expect(to.now(backup)).toMatchObject({ name: 'backup', tags: 'prod', description: 'Every night.' })
  })

  test('adds channels to a monitor, and removes none', async () => {
    await bring(exported())
    const own = to.mailTo(project, 'new@example.org')
    expect((await outcomes(exported())).filter((line) => line.startsWith('changed'))).toEqual([])
    const assigned = listChannelsOfMonitor(to.db, to.now(backup).id).map(({ id }) => id)
    expect(assigned.sort()).toEqual([mail, hook, own].sort())
  })

  test('without secrets keeps existing ones, and skips new channels that need one', async () => {
    expect(await outcomes(exported(false))).toContain('skipped channel webhook')
    expect(listChannels(to.db, project.id).map(({ id }) => id)).toEqual([mail])
    await bring(exported(true))
    setChannelDisabled(from.deps, { projectId: project.id, channelId: hook, isDisabled: true })
    expect(await outcomes(exported(false))).toContain('changed channel webhook')
    expect(listChannels(to.db, project.id).find(({ id }) => id === hook)).toMatchObject({
      settings: { url: SECRET_URL, secret: 'sign-with-this' },
      disabledAt: expect.any(Number),
    })
  })

  test('with isDryRun reports the same, and changes nothing', async () => {
    const before = everything()
    const message = await outcomes(exported(), { isDryRun: true })
    expect(everything()).toEqual(before)
    expect(await outcomes(exported())).toEqual(message)
  })

  test('requires an owner for new projects', async () => {
    const empty = new TestGuard()
    const order = { content: exported(), ownerEmail: null, isDryRun: false }
    expect(await refusal(() => importConfiguration(empty.deps, order))).toContain('No user exists yet')
    expect(await refusal(() => bring(exported(), { ownerEmail: 'nobody@example.org' }))).toContain(
      'No user has the email address',
    )
    empty.stop()
  })
})

describe('importConfiguration next to a running server', () => {
  const many = () => {
    const content = exported()
    const [one] = content.projects
    const [job] = one?.monitors ?? []
    const monitors = Array.from({ length: 1000 }, (_, n) => {
      const key = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
      return { ...job, ping_key: key, badge_key: key, alias: n === 999 ? 'the-last-alias-of-all' : '' }
    })
    return { ...content, projects: [{ ...one, monitors }] }
  }

  test('writes in slices, and others can write in between', async () => {
    const seen: number[] = []
    const pause = async () => void seen.push(listMonitors(to.db, project.id).length)
    expect(await bring(many(), { pause })).toHaveLength(1003)
    expect(seen.length).toBeGreaterThanOrEqual(5)
    expect(seen[0]).toBeLessThan(500)
    expect(listMonitors(to.db, project.id)).toHaveLength(1000)
  })

  test('undoes everything if a later slice is refused', async () => {
    const before = everything()
    let isTaken = false
    const pause = async () => {
      if (isTaken) return
      isTaken = true
      to.monitor(to.project('carol@example.org'), { name: 'quick', alias: 'the-last-alias-of-all' })
    }
    expect(await refusal(() => bring(many(), { pause }))).toContain('The alias of the monitor')
    expect(there()).toBeUndefined()
    expect(everything().filter(({ id }) => before.some((one) => one.id === id))).toEqual(before)
  })

  test('that was killed halfway shows no new project, and continues the next time', async () => {
    const killed = new Error('killed')
    const write = to.db.write.bind(to.db)
    const pause = () => {
      to.deps.db.write = () => {
        throw killed
      }
      return Promise.resolve()
    }
    expect(await refusal(() => bring(many(), { pause }))).toContain('Run it again')
    to.deps.db.write = write
    const [bobs] = projectsOf(to.deps, 'bob@example.org')
    expect(projectsOf(to.deps, 'bob@example.org')).toHaveLength(1)
    expect(bobs?.id).not.toBe(project.id)
    const again = await bring(many())
    expect(again.some(({ outcome }) => outcome === 'unchanged')).toBe(true)
    expect(projectsOf(to.deps, 'bob@example.org').map(({ id }) => id)).toEqual([project.id])
    expect(listMonitors(to.db, project.id)).toHaveLength(1000)
  })
})

describe('importConfiguration imports nothing', () => {
  const clashing = async (change: (content: Exported) => void) => {
    const content = exported()
    change(content)
    const before = everything()
    const message = await refusal(() => bring(content))
    expect(everything()).toEqual(before)
    return message
  }

  test('if a monitor, a channel or a key belongs to another project', async () => {
    const bobs = to.project('carol@example.org')
    const monitor = to.monitor(bobs, { name: 'his', alias: 'his-token' })
    const channel = to.mailTo(bobs, 'carol@example.org')
    const last = (content: Exported) => content.projects[0]?.monitors[1] as object
    expect(await clashing((content) => Object.assign(last(content), { ping_key: monitor.pingKey }))).toBe(
      'The ping key of the monitor "billing" is in use on this server, or was used by another project.',
    )
    expect(await clashing((content) => Object.assign(last(content), { badge_key: monitor.badgeKey }))).toContain(
      'badge key',
    )
    expect(await clashing((content) => Object.assign(last(content), { alias: 'his-token' }))).toContain('alias')
    expect(
      await clashing((content) => Object.assign(content.projects[0] as object, { ping_key: bobs.pingKey })),
    ).toContain('in use on this server')
    expect(
      await clashing((content) => Object.assign(content.projects[0]?.channels[0] as object, { id: channel })),
    ).toContain('already exists on this server in another project')
  })

  test.each([
    ['not JSON', () => '{', 'it is not valid JSON'],
    ['another format', () => '{"format": "other"}', 'This is not a CronGuard export.'],
    ['of a later version', () => JSON.stringify({ ...exported(), version: 2 }), 'Upgrade CronGuard'],
    ['with an unknown setting', () => edited({ color: 'red' }), 'projects[0].monitors[0]'],
    ['with a grace that is too short', () => edited({ grace_ms: 1 }), 'projects[0].monitors[0].grace_ms'],
    ['with an invalid cron expression', () => edited({ schedule: { ...SCHEDULE, expression: 'x' } }), '.expression'],
    ['with an unknown time zone', () => edited({ schedule: { ...SCHEDULE, time_zone: 'Mars' } }), '.time_zone'],
    ['with an invalid slug', () => edited({ slug: 'A/B' }), '.slug'],
    ['without a grace', () => edited({ grace_ms: undefined }), '.grace_ms (“backup”) is missing: add it'],
    ['with a text for a number', () => edited({ grace_ms: '1h' }), '.grace_ms (“backup”) must be a number'],
    ['with an unknown kind of schedule', () => edited({ schedule: { ...SCHEDULE, kind: 'x' } }), 'must be "period"'],
    [
      'with an unknown field',
      () => edited({ color: 'red' }),
      'has "color", which this version does not support: remove it',
    ],
    ['invalid, and the error says what to do', () => edited({ grace_ms: 1 }), 'Correct the file, or export it again.'],
    ['with the same monitor twice', () => edited({ ping_key: second() }), 'the same ping key twice'],
  ])('if the file is %s', async (_what, text, words) => {
    const message = await refusal(() => readExport(text()))
    expect(message).toContain(words)
    expect(message).not.toContain(backup.pingKey)
  })

  test('if it has more than 20,000 monitors in total', async () => {
    const content = exported()
    const [one] = content.projects
    const [job] = one?.monitors ?? []
    const numbered = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
    const withMonitors = (count: number, number: number) => {
      const monitors = Array.from({ length: count }, (_, n) => {
        const key = numbered(number * 5000 + n)
        return { ...job, ping_key: key, badge_key: key, alias: '' }
      })
      const keys = { id: numbered(number), ping_key: `${'k'.repeat(20)}-${number}`, badge_key: numbered(1e9 + number) }
      return { ...one, ...keys, channels: [], monitors }
    }
    const projects = [5000, 5000, 5000, 5000].map(withMonitors)
    expect(travelled({ ...content, projects }).projects).toHaveLength(4)
    expect(await refusal(() => bring({ ...content, projects: [...projects, withMonitors(1, 4)] }))).toBe(
      'This export has 20,001 monitors, but an import takes at most 20,000. Import its projects one by one.',
    )
  })

  const SCHEDULE = { kind: 'cron', period_ms: 86_400_000, expression: '0 3 * * *', time_zone: 'UTC' }
  const second = () => exported().projects[0]?.monitors[1]?.ping_key

  function edited(change: object): string {
    const content = exported()
    Object.assign(content.projects[0]?.monitors[0] as object, change)
    return JSON.stringify(content)
  }

  test('if a channel has an address to which nothing is ever sent', async () => {
    const message = await clashing((content) => {
      const [channel] = content.projects[0]?.channels ?? []
      Object.assign(channel as object, { kind: 'webhook', settings: { url: 'http://169.254.1.1/' }, left_out: [] })
    })
    expect(message).toContain('169.254.1.1 is a link-local address. CronGuard never sends requests there.')
  })

  test('if a channel has an unknown kind', async () => {
    const message = await clashing((content) =>
      Object.assign(content.projects[0]?.channels[0] as object, { kind: 'pigeon' }),
    )
    expect(message).toBe('"pigeon" is not a channel kind.')
  })
})
