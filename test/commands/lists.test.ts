// Incidents, the channels of a new monitor, and deleting users: the real executable.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Binary } from '../support/binary.ts'

const ALICE = 'alice@example.org'
const BOB = 'bob@example.org'

let cronguard: Binary
let key: string

beforeAll(async () => {
  cronguard = await Binary.prepare()
  await ok('user', 'create', ALICE)
  key = await ok('key', 'create', ALICE)
  await cronguard.start()
}, 30_000)

afterAll(() => cronguard.dispose())

async function ok(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await cronguard.run(args)
  if (exitCode !== 0) throw new Error(`${args.join(' ')} ended with ${exitCode}: ${stderr}`)
  return stdout.trim()
}

const json = async (...args: string[]) => JSON.parse(await ok(...args, '--json'))

describe('incident list', () => {
  test('is empty at first, and says so on standard error only', async () => {
    expect(await json('incident', 'list', ALICE)).toEqual([])
    expect(await cronguard.run(['incident', 'list', ALICE])).toMatchObject({
      stdout: '',
      stderr: 'No incidents yet.\n',
    })
  })

  test('shows the newest first, with duration and cause', async () => {
    const broken = new URL(await ok('monitor', 'add', ALICE, 'broken')).pathname
    const recovered = new URL(await ok('monitor', 'add', ALICE, 'recovered 修理')).pathname
    for (const path of [`${recovered}/fail`, recovered, `${broken}/fail`]) await fetch(`${cronguard.url}${path}`)
    const all = await json('incident', 'list', ALICE)
    expect(all).toEqual([
      {
        id: expect.any(String),
        monitor: { name: 'broken', unique_key: expect.any(String) },
        reason: 'fail',
        opened_at: expect.stringMatching(/Z$/),
        closed_at: null,
        acknowledged_at: null,
        acknowledged_by: null,
        note: '',
      },
      expect.objectContaining({ closed_at: expect.stringMatching(/Z$/) }),
    ])
    expect(await json('incident', 'list', ALICE, '--open')).toEqual([all[0]])
    expect(await json('incident', 'list', ALICE, '--count', '1')).toEqual([all[0]])
    const [head = '', ...rows] = (await ok('incident', 'list', ALICE)).split('\n')
    expect(head).toMatch(/^STARTED +DURATION +MONITOR +CAUSE +ACKNOWLEDGED BY$/)
    expect(rows[0]).toMatch(/Z +ongoing, [\d.]+ m?s +broken +The job reported a failure +-$/)
    // Characters that take two columns count as two.
    const columns = rows.map((row) => Bun.stringWidth(row.slice(0, row.indexOf('The job'))))
    expect(new Set([...columns, head.indexOf('CAUSE')]).size).toBe(1)
  })

  test('ack acknowledges the open incident of a monitor', async () => {
    expect(await cronguard.run(['ack', ALICE, 'broken', '--note', 'On it.'])).toMatchObject({
      exitCode: 0,
      stderr: 'Incident acknowledged.\n',
    })
    const [incident] = await json('incident', 'list', ALICE, '--open')
    expect(incident).toMatchObject({ acknowledged_by: ALICE, note: 'On it.' })
    const again = await cronguard.run(['ack', ALICE, 'recovered 修理'])
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining('has no open incident')])
  })

  test('snooze starts, lists and ends a snooze', async () => {
    await ok('monitor', 'update', ALICE, 'broken', '--tags', 'nas', '--remind', '4h')
    await ok('snooze', 'start', ALICE, '--tag', 'nas', '--for', '2h')
    const [snooze] = await json('snooze', 'list', ALICE)
    expect(Date.parse(snooze.ends_at) - Date.parse(snooze.created_at)).toBe(7_200_000)
    expect(snooze).toMatchObject({ monitor: null, tag: 'nas', created_by: ALICE })
    expect(await ok('snooze', 'list', ALICE)).toMatch(/tag nas/)
    await ok('snooze', 'end', ALICE, snooze.id)
    expect(await json('snooze', 'list', ALICE)).toEqual([])
    const refused = await cronguard.run(['snooze', 'start', ALICE, '--for', 'soon'])
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('is not a duration')])
  })

  test('maintenance is planned, listed and ended', async () => {
    await ok('maintenance', 'start', ALICE, '--tag', 'nas', '--for', '2h', '--name', 'Updates')
    await ok('maintenance', 'start', ALICE, '--schedule', 'every Sunday at 3am', '--tz', 'Europe/Riga', '--for', '1h')
    const [once, weekly] = await json('maintenance', 'list', ALICE)
    expect(Date.parse(once.ends_at) - Date.parse(once.starts_at)).toBe(7_200_000)
    expect(once).toMatchObject({ name: 'Updates', tag: 'nas', schedule: null, created_by: ALICE })
    expect(weekly).toMatchObject({ ends_at: null, time_zone: 'Europe/Riga', duration_ms: 3_600_000 })
    expect(await ok('maintenance', 'list', ALICE)).toMatch(/tag nas .* Updates/)
    for (const { id } of [once, weekly]) await ok('maintenance', 'end', ALICE, id)
    expect(await json('maintenance', 'list', ALICE)).toEqual([])
    const refused = await cronguard.run(['maintenance', 'start', ALICE, '--for', '2h', '--at', 'soon'])
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('is not a time')])
  })

  test.each([
    [['--count', '0'], 2, 'a number from 1 to 1000'],
    [['--count', 'x'], 2, 'a number from 1 to 1000'],
    [['--project', 'nothing'], 1, 'has no project named nothing'],
  ])('with %j is refused', async (options, exitCode, says) => {
    const refused = await cronguard.run(['incident', 'list', ALICE, ...options])
    expect([refused.exitCode, refused.stderr]).toEqual([exitCode, expect.stringContaining(says)])
  })

  test('does not show incidents of other users', async () => {
    await ok('user', 'create', BOB)
    expect(await json('incident', 'list', BOB)).toEqual([])
  })
})

describe('project words', () => {
  test('are listed, and replaced by the lines of standard input', async () => {
    expect(await cronguard.run(['project', 'words', ALICE])).toMatchObject({
      stdout: '',
      stderr: 'No words are hidden.\n',
    })
    const replace = (input: string) => cronguard.run(['project', 'words', ALICE, '--stdin'], { input })
    expect(await replace('Acme Corp\n\n winter \n')).toMatchObject({ exitCode: 0, stdout: 'Acme Corp\nwinter\n' })
    expect(await json('project', 'words', ALICE)).toEqual(['Acme Corp', 'winter'])
    const refused = await replace('ab')
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('at least 3 characters')])
    expect((await replace('')).stderr).toBe('No words are hidden.\n')
  })
})

describe('monitor add --channels', () => {
  const channelsOf = async (...options: string[]): Promise<string[]> => {
    const { ping_url: url } = await json('monitor', 'add', ALICE, 'new', ...options)
    const { channels } = await cronguard.api(`/checks/${url.slice(-36)}`, { key })
    await ok('monitor', 'rm', ALICE, url.slice(-36), '--yes')
    return channels.split(',').filter((id: string) => id !== '')
  }

  test('notifies all channels, none, the named ones, or those for all monitors', async () => {
    const [own]: { id: string }[] = (await cronguard.api('/channels/', { key })).channels
    const ids = [own?.id ?? '']
    for (const [name, scope] of [
      ['first', 'all'],
      ['second', 'these'],
      ['third', 'these'],
    ]) {
      const settings = { address: 'you@example.org' }
      ids.push((await cronguard.api('/channels/', { key, body: { kind: 'email', name, settings, scope } })).id)
    }
    const [mine = '', first = '', , third = ''] = ids
    expect((await channelsOf()).sort()).toEqual([mine, first].sort())
    expect((await channelsOf('--channels', 'all')).sort()).toEqual([...ids].sort())
    expect(await channelsOf('--channels', 'none')).toEqual([])
    expect((await channelsOf('--channels', `third, ${first}`)).sort()).toEqual([first, third].sort())
  })

  test('refuses an unknown channel, and creates nothing', async () => {
    const before = (await json('monitor', 'list', ALICE)).length
    const refused = await cronguard.run(['monitor', 'add', ALICE, 'x', '--channels', 'first,nobody'])
    expect(refused).toMatchObject({ exitCode: 1, stdout: '', stderr: 'No channel has the ID or name nobody.\n' })
    expect(await json('monitor', 'list', ALICE)).toHaveLength(before)
  })
})

describe('channel update --monitors', () => {
  test('chooses all monitors, those with a tag, named ones, or none', async () => {
    await ok('monitor', 'add', ALICE, 'db backup', '--tags', 'db')
    await ok('monitor', 'add', ALICE, 'web backup')
    const update = async (which: string) => (await ok('channel', 'update', ALICE, 'second', '--monitors', which)).trim()
    const monitors = (await json('monitor', 'list', ALICE)).length
    expect(await update('all')).toBe(`second notifies about all monitors, including new ones (${monitors}).`)
    expect(await update('tag:db')).toBe('second notifies about monitors with the tag “db” (1).')
    expect(await update('web-backup, db-backup')).toBe('second notifies about 2 monitors.')
    expect(await json('channel', 'update', ALICE, 'second', '--monitors', 'tag:db')).toMatchObject({
      channel: 'second',
      scope: 'tag',
      scope_tags: 'db',
      monitors: 1,
    })
    expect(await update('none')).toBe('second notifies about no monitors yet.')
    const list = await json('channel', 'list', ALICE)
    expect(list.find(({ name }: { name: string }) => name === 'second')).toMatchObject({ scope: 'these', monitors: 0 })
  })

  test('is required without another change', async () => {
    const refused = await cronguard.run(['channel', 'update', ALICE, 'second'])
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('Use --monitors')])
  })

  test('refuses an unknown monitor', async () => {
    const refused = await cronguard.run(['channel', 'update', ALICE, 'second', '--monitors', 'nothing'])
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('has no monitor nothing')])
  })
})

describe('channel update with rules', () => {
  const refusedWith = async (...options: string[]) => {
    const { exitCode, stderr } = await cronguard.run(['channel', 'update', ALICE, 'second', ...options])
    return `${exitCode} ${stderr.trim()}`
  }

  test('sets events, delay and quiet hours, and keeps what is not named', async () => {
    const quiet = ['--quiet-hours', '22:00-07:00', '--quiet-days', 'fri,sat', '--tz', 'Europe/Riga']
    expect(await ok('channel', 'update', ALICE, 'second', '--events', 'down,up', '--delay', '30m', ...quiet)).toContain(
      'Notifies of: down, up. After 30 minutes without acknowledgment. ' +
        'Quiet hours 22:00 to 07:00, Fri, Sat (Europe/Riga).',
    )
    expect(await json('channel', 'update', ALICE, 'second', '--delay', '0')).toMatchObject({
      events: ['down', 'up'],
      quiet_hours: { from: '22:00', to: '07:00', days: [5, 6], tz: 'Europe/Riga' },
      delay: 0,
    })
    const list = await json('channel', 'list', ALICE)
    expect(list.find(({ name }: { name: string }) => name === 'second')).toMatchObject({ events: ['down', 'up'] })
    expect(await json('channel', 'update', ALICE, 'second', '--quiet-hours', 'none')).toMatchObject({
      quiet_hours: null,
    })
  })

  test.each([
    [['--events', 'sideways'], '1 --events has an unknown event: sideways. Use down, up, reminder, late'],
    [['--quiet-hours', 'night'], '1 --quiet-hours needs two times, such as 22:00-07:00.'],
    [['--quiet-hours', '25:00-07:00'], '1 Enter a time such as 22:00.'],
    [['--quiet-hours', '22:00-07:00', '--quiet-days', 'someday'], '1 --quiet-days has an unknown day: someday.'],
    [['--quiet-hours', '22:00-07:00', '--tz', 'Mars'], '1 Not a time zone.'],
    [['--tz', 'Europe/Riga'], '1 --quiet-days and --tz need --quiet-hours.'],
    [['--delay', 'soon'], '1 --delay: "soon" is not a duration.'],
    [['--delay', '8d'], '1 A delay can be up to'],
  ])('refuses %p', async (options, error) => {
    expect(await refusedWith(...options)).toStartWith(error)
  })
})

describe('user delete', () => {
  test('refuses when a project would lose its only owner, with and without --yes', async () => {
    cronguard.withDatabase((database) =>
      database.run(
        `INSERT INTO memberships (project_id, user_id, role, created_at)
         SELECT project_id, (SELECT id FROM users WHERE email = ?2), 'member', 0
           FROM memberships JOIN users ON users.id = user_id WHERE email = ?1`,
        [ALICE, BOB],
      ),
    )
    for (const options of [[], ['--yes']]) {
      expect(await cronguard.run(['user', 'delete', ALICE, ...options])).toMatchObject({
        exitCode: 1,
        stdout: '',
        stderr: 'Make another member an owner of "My project" first, or delete that project.\n',
      })
    }
    expect(await json('user', 'list')).toHaveLength(2)
  })
})

describe('user delete: API keys in shared projects', () => {
  const keysOf = async (): Promise<string[]> =>
    (await json('key', 'list', ALICE)).map(({ begins_with }: { begins_with: string }) => begins_with)
  const hint = (made: string): string => made.slice(0, 8)

  async function keyOf(email: string): Promise<string> {
    await ok('user', 'create', email)
    cronguard.withDatabase((database) =>
      database.run(
        `INSERT INTO memberships (project_id, user_id, role, created_at)
         SELECT project_id, (SELECT id FROM users WHERE email = ?2), 'admin', 0
           FROM memberships JOIN users ON users.id = user_id WHERE email = ?1`,
        [ALICE, email],
      ),
    )
    const [{ id }] = await json('project', 'list', ALICE)
    return await ok('key', 'create', email, '--project', id)
  }

  test('are listed and revoked', async () => {
    const made = hint(await keyOf('erin@example.org'))
    const says = `API keys in other projects: ${made}…`
    expect((await cronguard.run(['user', 'delete', 'erin@example.org'])).stderr).toContain(says)
    expect(await keysOf()).toContain(made)
    expect(await ok('user', 'delete', 'erin@example.org', '--yes')).toContain(says)
    expect(await keysOf()).not.toContain(made)
  })

  test('are kept with --keep-keys', async () => {
    const made = hint(await keyOf('frank@example.org'))
    expect(await ok('user', 'delete', 'frank@example.org', '--yes', '--keep-keys')).not.toContain('API keys')
    expect(await keysOf()).toContain(made)
  })
})

describe('--project', () => {
  test('accepts a name or an id, and lists the ids of projects with the same name', async () => {
    await ok('user', 'create', 'carol@example.org')
    await ok('user', 'create', 'dave@example.org')
    const ids: string[] = []
    for (const email of ['carol@example.org', 'dave@example.org']) {
      const [{ id, ping_key }] = await json('project', 'list', email)
      expect(await ok('key', 'ping', email, '--project', id)).toBe(ping_key)
      ids.push(id)
    }
    cronguard.withDatabase((database) =>
      database.run(
        `INSERT INTO memberships SELECT ?, user_id, 'member', 9000000000000 FROM memberships WHERE project_id = ?`,
        [ids[0] ?? '', ids[1] ?? ''],
      ),
    )
    const command = ['monitor', 'list', 'dave@example.org', '--project', 'My project']
    const { exitCode, stderr } = await cronguard.run(command)
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`Use an ID instead: ${ids[1]}, ${ids[0]}.`)])
    expect(await json('monitor', 'list', 'dave@example.org', '--project', ids[0] ?? '')).toEqual([])
    for (const email of ['dave@example.org', 'carol@example.org']) await ok('user', 'delete', email, '--yes')
  })
})

test("Ping URLs use the base URL of the server, not that of the command's environment", async () => {
  const elsewhere = { CRONGUARD_PORT: '1', CRONGUARD_BASE_URL: 'https://elsewhere.example.org' }
  const { stdout } = await cronguard.run(['monitor', 'add', ALICE, 'job'], { env: elsewhere })
  expect(stdout).toStartWith(`${cronguard.url}/ping/`)
  await cronguard.end('SIGTERM')
  const stopped = await cronguard.run(['monitor', 'list', ALICE, '--json'], { env: elsewhere })
  expect(stopped.stdout).toContain(`"ping_url": "${stdout.trim()}"`)
})
