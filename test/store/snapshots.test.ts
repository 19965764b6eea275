// Several reads see the same state, and block no writes.
import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportConfiguration } from '#actions/exports.ts'
import type { Deps } from '#deps.ts'
import type { Monitor } from '#domain/monitor.ts'
import type { Project } from '#domain/project.ts'
import { type Db, openDatabase, type Reader } from '#store/database.ts'
import { fakeClock } from '../support/clock.ts'
import { type DataFolder, dataFolder } from '../support/data-folder.ts'

describe('Db.read', () => {
  const INSERT = 'INSERT INTO jobs (name, at) VALUES ($name, $at)'
  let folder: string
  let path: string
  let db: Db

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cronguard-snapshots-'))
    path = join(folder, 'cronguard.db')
    db = openDatabase({ path, clock: fakeClock(), busyTimeoutMs: 100 })
    db.write((tx) => tx.runScript('CREATE TABLE jobs (name TEXT NOT NULL UNIQUE, at INTEGER NOT NULL) STRICT'))
  })
  afterEach(() => {
    db.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const countIn = (reader: Reader) => reader.all('SELECT 1 FROM jobs').length

  test('sees one state: a commit of another process meanwhile is neither visible nor delayed', () => {
    const other = openDatabase({ path, clock: fakeClock(), busyTimeoutMs: 0 })
    try {
      const counts = db.read((reader) => {
        const before = countIn(reader)
        other.write((tx) => tx.run(INSERT, { name: 'billing', at: 1 }))
        return [before, countIn(reader)]
      })
      expect(counts).toEqual([0, 0])
      expect(db.all('SELECT name FROM jobs')).toEqual([{ name: 'billing' }])
    } finally {
      other.close()
    }
  })

  test('does not wait for another process that is writing', () => {
    const other = new Database(path)
    try {
      other.run('BEGIN IMMEDIATE')
      expect(db.read(countIn)).toBe(0)
    } finally {
      other.close()
    }
  })

  test('inside a write sees its changes', () => {
    const count = db.write((tx) => {
      tx.run(INSERT, { name: 'backup', at: 1 })
      return db.read(countIn)
    })
    expect(count).toBe(1)
    expect(db.all('SELECT name FROM jobs')).toEqual([{ name: 'backup' }])
  })

  test('that throws does not affect the next one', () => {
    const fail = () =>
      db.read(() => {
        throw new Error('boom')
      })
    expect(fail).toThrow('boom')
    db.write((tx) => tx.run(INSERT, { name: 'backup', at: 1 }))
    expect(db.read(countIn)).toBe(1)
  })
})

describe('An export next to a running server', () => {
  let data: DataFolder
  let project: Project
  let job: Monitor
  let command: Deps

  beforeEach(() => {
    data = dataFolder()
    project = data.guard.project()
    job = data.guard.monitor(project, { name: 'job' })
    const db = openDatabase({ path: data.databasePath, clock: data.guard.clock, busyTimeoutMs: 0 })
    command = { ...data.guard.deps, db }
  })
  afterEach(() => {
    command.db.close()
    data.clear()
  })

  const monitorNames = () =>
    exportConfiguration(command, { withSecrets: true }).projects.flatMap(({ monitors }) =>
      monitors.map(({ name }) => name),
    )

  test('shows one state: a monitor that is created meanwhile is neither delayed nor included', () => {
    const read = command.db.read.bind(command.db)
    const readWhileOneIsMade = (work: (reader: Reader) => unknown): unknown =>
      read((reader) => {
        reader.all('SELECT 1 FROM monitors')
        data.guard.monitor(project, { name: 'made meanwhile' })
        return work(reader)
      })
    command.db.read = readWhileOneIsMade as Db['read']
    expect(monitorNames()).toEqual(['job'])
    command.db.read = read
    expect(monitorNames()).toEqual(['job', 'made meanwhile'])
  })

  test('lets a ping be recorded and answered before it ends', async () => {
    const reader = new Database(data.databasePath, { readonly: true })
    reader.run('BEGIN')
    expect(reader.query('SELECT 1 FROM pings').all()).toEqual([])
    expect((await data.guard.request(`/ping/${job.pingKey}`)).status).toBe(200)
    expect(reader.query('SELECT 1 FROM pings').all()).toEqual([])
    reader.close()
  })

  test('does not wait for a writer', () => {
    const writer = new Database(data.databasePath)
    writer.run('BEGIN IMMEDIATE')
    expect(monitorNames()).toEqual(['job'])
    writer.close()
  })
})
