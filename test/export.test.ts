// The configuration alone, out of one CronGuard and into another.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { setChannelDisabled } from '#actions/channels.ts'
import { exportConfiguration } from '#actions/exports.ts'
import { type ImportOrder, importConfiguration } from '#actions/imports.ts'
import { pauseMonitor } from '#actions/monitors.ts'
import { projectsOf } from '#actions/projects.ts'
import { type Exported, readExport } from '#domain/export.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { AppError } from '#lib/errors.ts'
import { listChannels, listChannelsOfMonitor } from '#store/channels.ts'
import { listMonitors } from '#store/monitors.ts'
import { listProjectsOfUser } from '#store/projects.ts'
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

describe('An export', () => {
  test('says what is watched, how, and who is told: no pings, no people', async () => {
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

  test('holds no secret of a channel unless that is asked for', async () => {
    const text = JSON.stringify(exported(false))
    for (const secret of ['S3CRET', 'hooks.example.com', 'sign-with-this']) expect(text).not.toContain(secret)
    expect(text).toContain('ops@example.org')
    expect(JSON.stringify(exported(true))).toContain(SECRET_URL)
  })
})

describe('An import', () => {
  test('makes the same again, with the same keys, for the one whom it is to belong to', async () => {
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

  test('takes the place of the empty project that came with the account, and of no other', async () => {
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
  ])('takes the place of no project that has %s', async (_what, make) => {
    const [mine] = projectsOf(to.deps, 'bob@example.org')
    make(mine as Project)
    await bring(exported())
    expect(projectsOf(to.deps, 'bob@example.org').map(({ id }) => id)).toEqual([mine?.id ?? '', project.id])
  })

  test('leaves jobs what they are: their ping URLs work at once, and what was paused is paused', async () => {
    await bring(exported())
    await to.ping(backup, '', { method: 'POST' })
    expect(to.now(backup).status).toBe('up')
    expect(listMonitors(to.db, project.id).map(({ name, status }) => [name, status])).toEqual([
      ['backup', 'up'],
      ['billing', 'paused'],
    ])
  })

  test('done twice changes nothing the second time', async () => {
    await bring(exported())
    const before = everything()
    expect((await bring(exported())).map(({ outcome }) => outcome)).toEqual(Array(5).fill('unchanged'))
    expect(everything()).toEqual(before)
  })

  test('changes what is different, and nothing else', async () => {
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

  test('leaves out characters that turn text around', async () => {
    const content = exported()
    const shown = { name: 'back\u202Eup', tags: 'pr\u200Bod', description: 'Every \u2066night.' }
    Object.assign(content.projects[0]?.monitors[0] as object, shown)
    expect(await outcomes(content)).toContain('created monitor backup')
    expect(to.now(backup)).toMatchObject({ name: 'backup', tags: 'prod', description: 'Every night.' })
  })

  test('adds what a monitor is to tell, and takes nothing away', async () => {
    await bring(exported())
    const own = to.mailTo(project, 'new@example.org')
    expect((await outcomes(exported())).filter((line) => line.startsWith('changed'))).toEqual([])
    const told = listChannelsOfMonitor(to.db, to.now(backup).id).map(({ id }) => id)
    expect(told.sort()).toEqual([mail, hook, own].sort())
  })

  test('without secrets keeps those that are there, and makes no channel that could not tell anybody', async () => {
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

  test('tried out says the same, and does nothing', async () => {
    const before = everything()
    const said = await outcomes(exported(), { isDryRun: true })
    expect(everything()).toEqual(before)
    expect(await outcomes(exported())).toEqual(said)
  })

  test('needs somebody to whom new projects belong', async () => {
    const empty = new TestGuard()
    const order = { content: exported(), ownerEmail: null, isDryRun: false }
    expect(await refusal(() => importConfiguration(empty.deps, order))).toContain('No user exists yet')
    expect(await refusal(() => bring(exported(), { ownerEmail: 'nobody@example.org' }))).toContain(
      'No user has the email address',
    )
    empty.stop()
  })
})

describe('An import beside a server', () => {
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

  test('writes in slices, between which others have their turn', async () => {
    const seen: number[] = []
    const pause = async () => void seen.push(listMonitors(to.db, project.id).length)
    expect(await bring(many(), { pause })).toHaveLength(1003)
    expect(seen.length).toBeGreaterThanOrEqual(5)
    expect(seen[0]).toBeLessThan(500)
    expect(listMonitors(to.db, project.id)).toHaveLength(1000)
  })

  test('undoes what it did when something is refused half way', async () => {
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

  test('that was killed half way shows nobody a new project, and goes on where it stopped', async () => {
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

describe('Nothing at all is brought in', () => {
  const clashing = async (change: (content: Exported) => void) => {
    const content = exported()
    change(content)
    const before = everything()
    const said = await refusal(() => bring(content))
    expect(everything()).toEqual(before)
    return said
  }

  test('when a monitor, a channel or a key belongs to another project here', async () => {
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
    ['no JSON', () => '{', 'it is not valid JSON'],
    ['something else', () => '{"format": "other"}', 'This is not a CronGuard export.'],
    ['of a later version', () => JSON.stringify({ ...exported(), version: 2 }), 'Upgrade CronGuard'],
    ['with a setting that there is not', () => edited({ color: 'red' }), 'projects[0].monitors[0]'],
    ['with a grace that is too short', () => edited({ grace_ms: 1 }), 'projects[0].monitors[0].grace_ms'],
    [
      'with a cron expression that is none',
      () => edited({ schedule: { ...SCHEDULE, expression: 'x' } }),
      '.expression',
    ],
    ['with a time zone that is none', () => edited({ schedule: { ...SCHEDULE, time_zone: 'Mars' } }), '.time_zone'],
    ['with a slug that no URL takes', () => edited({ slug: 'A/B' }), '.slug'],
    ['without a grace', () => edited({ grace_ms: undefined }), '.grace_ms (“backup”) is missing: add it'],
    ['with a text for a number', () => edited({ grace_ms: '1h' }), '.grace_ms (“backup”) must be a number'],
    [
      'with a kind of schedule that is none',
      () => edited({ schedule: { ...SCHEDULE, kind: 'x' } }),
      'must be "period"',
    ],
    [
      'with another field',
      () => edited({ color: 'red' }),
      'has "color", which this version does not support: remove it',
    ],
    ['wrong, and says what to do', () => edited({ grace_ms: 1 }), 'Correct the file, or export it again.'],
    ['with one monitor twice', () => edited({ ping_key: second() }), 'the same ping key twice'],
  ])('when it is %s', async (_what, text, words) => {
    const message = await refusal(() => readExport(text()))
    expect(message).toContain(words)
    expect(message).not.toContain(backup.pingKey)
  })

  test('when there are more than 20,000 monitors in all its projects', async () => {
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

  test('when a channel leads where nothing is ever sent', async () => {
    const said = await clashing((content) => {
      const [channel] = content.projects[0]?.channels ?? []
      Object.assign(channel as object, { kind: 'webhook', settings: { url: 'http://169.254.1.1/' }, left_out: [] })
    })
    expect(said).toContain('169.254.1.1 is a link-local address. CronGuard never sends requests there.')
  })

  test('when a channel is of a kind that is not known here', async () => {
    const said = await clashing((content) =>
      Object.assign(content.projects[0]?.channels[0] as object, { kind: 'pigeon' }),
    )
    expect(said).toBe('"pigeon" is not a channel kind.')
  })
})
