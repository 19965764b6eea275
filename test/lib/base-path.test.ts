import { describe, expect, test } from 'bun:test'
import { url, withBasePath } from '#lib/base-path.ts'

describe('url', () => {
  test('puts the base path before a path', () => {
    expect(withBasePath('/cron', () => url('/settings?tab=1'))).toBe('/cron/settings?tab=1' as never)
    expect(withBasePath('', () => url('/settings'))).toBe('/settings' as never)
  })

  test('keeps the base paths of two servers apart, also across awaits', async () => {
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const address = (basePath: string, turn: Promise<void>) =>
      withBasePath(basePath, async () => {
        await turn
        return url('/login') as string
      })
    const addresses = Promise.all([address('/cron', second.promise), address('', first.promise)])
    first.resolve()
    await first.promise
    second.resolve()
    expect(await addresses).toEqual(['/cron/login', '/login'])
  })

  test('throws where the base path is not known', () => {
    expect(() => url('/settings')).toThrow('The address of /settings was asked for outside of withBasePath')
  })
})
