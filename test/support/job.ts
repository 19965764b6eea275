import type { Binary } from './binary.ts'

/** Creates the user Alice. */
export async function firstUser(cronguard: Binary): Promise<{ key: string }> {
  await cronguard.run(['user', 'create', 'alice@example.org'])
  return { key: (await cronguard.run(['key', 'create', 'alice@example.org'])).stdout.trim() }
}

/** Creates a monitor with a period and a grace period in seconds. */
export async function monitorOf(
  cronguard: Binary,
  { key, ...check }: { key: string; name: string; timeout: number; grace: number; urgent?: boolean },
): Promise<{ url: string; uuid: string }> {
  const body = { ...check, subminute: true, channels: '*' }
  const { ping_url: url, uuid } = await cronguard.api('/checks/', { key, body })
  return { url, uuid }
}

/** Pings all URLs again and again until it is stopped. Failed pings are ignored. */
export function keepPinging(urls: readonly string[], everyMs: number) {
  let isOver = false
  const pinging = (async () => {
    while (!isOver) {
      await Promise.all(urls.map((url) => fetch(url).catch(() => null)))
      await Bun.sleep(everyMs)
    }
  })()
  return {
    stop: async (): Promise<void> => {
      isOver = true
      await pinging
    },
  }
}
