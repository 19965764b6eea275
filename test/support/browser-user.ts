import type { Browser } from 'playwright-core'
import { Binary } from './binary.ts'
import { ADA, createAda, type Look, launch, newPerson, type Person, signIn } from './browser.ts'

/** Ada with a browser and a server of her own. */
export class BrowserUser {
  readonly cronguard: Binary
  /** Her API key. */
  readonly key: string
  readonly #browser: Browser

  private constructor({ cronguard, browser, key }: { cronguard: Binary; browser: Browser; key: string }) {
    this.cronguard = cronguard
    this.#browser = browser
    this.key = key
  }

  static async open(): Promise<BrowserUser> {
    const cronguard = await Binary.prepare()
    await cronguard.start()
    await createAda(cronguard)
    const key = (await cronguard.run(['key', 'create', ADA.email])).stdout.trim()
    return new BrowserUser({ cronguard, browser: await launch(), key })
  }

  async signedIn(look: Partial<Look> = {}): Promise<Person> {
    const person = await newPerson(this.#browser, this.cronguard.url, look)
    await signIn(person.page)
    return person
  }

  newMonitor(name: string): Promise<{ uuid: string; ping_url: string }> {
    return this.cronguard.api('/checks/', { key: this.key, body: { name, timeout: 3600, grace: 60 } })
  }

  async close(): Promise<void> {
    await this.#browser.close()
    await this.cronguard.dispose()
  }
}
