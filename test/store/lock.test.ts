import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lockFolder } from '#store/lock.ts'

const ROOT = join(import.meta.dir, '../..')

let folder: string
const children: Holder[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cronguard-lock-'))
})
afterEach(async () => {
  for (const { kill } of children.splice(0)) await kill()
  rmSync(folder, { recursive: true, force: true })
})

interface Holder {
  /** Whether it holds the lock. */
  holds: boolean
  /** Releases the lock and keeps running. */
  release(): Promise<void>
  /** Sends SIGKILL, so it cannot clean up. */
  kill(): Promise<void>
}

/** Another process that locks the folder if it can, and keeps the lock. */
async function startHolder(): Promise<Holder> {
  const script = `
    import { lockFolder } from '${ROOT}/src/store/lock.ts'
    const lock = lockFolder(${JSON.stringify(folder)})
    console.log(lock === null ? 'refused' : 'held')
    for await (const line of console) {
      lock?.release()
      console.log('released')
    }
  `
  const child = Bun.spawn([process.execPath, '-e', script], {
    cwd: ROOT,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const reader = child.stdout.getReader()
  const nextWord = async () => new TextDecoder().decode((await reader.read()).value).trim()
  const holder: Holder = {
    holds: (await nextWord()) === 'held',
    release: async () => {
      child.stdin.write('release\n')
      child.stdin.flush()
      expect(await nextWord()).toBe('released')
    },
    kill: async () => {
      child.kill('SIGKILL')
      await child.exited
    },
  }
  children.push(holder)
  return holder
}

describe('lockFolder', () => {
  test('locks for one process only', async () => {
    expect((await startHolder()).holds).toBe(true)
    expect((await startHolder()).holds).toBe(false)
    expect(lockFolder(folder)).toBeNull()
  })

  test('keeps another process out while locked', async () => {
    const lock = lockFolder(folder)
    expect(lock).not.toBeNull()
    expect((await startHolder()).holds).toBe(false)
    lock?.release()
    expect((await startHolder()).holds).toBe(true)
  })

  test('is free again after release', async () => {
    const holder = await startHolder()
    expect(lockFolder(folder)).toBeNull()
    await holder.release()
    const lock = lockFolder(folder)
    expect(lock).not.toBeNull()
    lock?.release()
  })

  test('is free again after the process was killed', async () => {
    const holder = await startHolder()
    expect(holder.holds).toBe(true)
    await holder.kill()
    const lock = lockFolder(folder)
    expect(lock).not.toBeNull()
    lock?.release()
  })

  test('keeps the lock after refusing another process', async () => {
    const lock = lockFolder(folder)
    expect(lockFolder(folder)).toBeNull()
    expect((await startHolder()).holds).toBe(false)
    expect((await startHolder()).holds).toBe(false)
    lock?.release()
  })

  test('locks one folder only', async () => {
    expect((await startHolder()).holds).toBe(true)
    const other = mkdtempSync(join(tmpdir(), 'cronguard-lock-'))
    const lock = lockFolder(other)
    expect(lock).not.toBeNull()
    lock?.release()
    rmSync(other, { recursive: true, force: true })
  })

  test('isReplaced: notices that the folder was replaced', () => {
    const lock = lockFolder(folder)
    expect(lock?.isReplaced()).toBe(false)
    renameSync(folder, `${folder}-moved`)
    mkdirSync(folder)
    expect(lock?.isReplaced()).toBe(true)
    const other = lockFolder(folder)
    expect(other?.isReplaced()).toBe(false)
    for (const held of [lock, other]) held?.release()
    rmSync(`${folder}-moved`, { recursive: true })
  })

  test('throws when the folder does not exist', () => {
    expect(() => lockFolder(join(folder, 'nowhere'))).toThrow()
  })
})
