import { Database } from 'bun:sqlite'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Appliance, type Suite } from '../support/appliance.ts'
import { buildBinary } from '../support/binary.ts'

const RUN_IDS = 'SELECT run_id AS rid FROM pings WHERE run_id IS NOT NULL'
const URL = 'http://127.0.0.1:8000'

/** A container in which install.sh has installed CronGuard, and Alice has an account. */
export class Installed {
  readonly appliance: Appliance
  readonly #key: string

  private constructor(appliance: Appliance, key: string) {
    this.appliance = appliance
    this.#key = key
  }

  /** Null if no container can be booted; the reason is printed. */
  static async open(suite?: Suite): Promise<Installed | null> {
    const appliance = await Appliance.open(suite)
    if (appliance === null) return null
    try {
      await buildBinary()
      await appliance.install()
      await appliance.shell('sudo -u cronguard cronguard user create alice@example.org --admin')
      const key = await appliance.shell('sudo -u cronguard cronguard key create alice@example.org')
      return new Installed(appliance, key.trim())
    } catch (error) {
      await appliance.dispose()
      throw error
    }
  }

  /** Creates a monitor. */
  async monitor(name: string): Promise<{ url: string; uuid: string }> {
    const check = await this.#api('/checks/', JSON.stringify({ name, timeout: 3600, grace: 3600 }))
    return { url: check.ping_url, uuid: check.uuid }
  }

  /** The kinds of pings that a monitor has received, the oldest first: "start", "success", "fail". */
  async kinds(uuid: string): Promise<string[]> {
    const { pings } = await this.#api(`/checks/${uuid}/pings/`)
    return pings.map(({ type }: { type: string }) => type).reverse()
  }

  /** The run ids of all pings that are on disk. */
  async runIds(): Promise<Set<string>> {
    await this.appliance.shell('systemctl stop cronguard')
    const folder = mkdtempSync(join(tmpdir(), 'cronguard-copy-'))
    // A killed service that did not start again leaves its last writes in the journal beside the database.
    for (const name of ['cronguard.db', 'cronguard.db-wal']) {
      const path = `/var/lib/cronguard/${name}`
      const content = await this.appliance.shell(`if [ -e ${path} ]; then base64 ${path}; fi`)
      writeFileSync(join(folder, name), Buffer.from(content, 'base64'))
    }
    const rows = new Database(join(folder, 'cronguard.db')).query<{ rid: string }, []>(RUN_IDS).all()
    rmSync(folder, { recursive: true })
    await this.appliance.shell('systemctl start cronguard')
    return new Set(rows.map(({ rid }) => rid))
  }

  async dispose(): Promise<void> {
    await this.appliance.dispose()
  }

  async #api(path: string, body?: string) {
    const data = body === undefined ? '' : '--data-binary @-'
    const call = `curl -fsS --retry 5 --retry-all-errors -H 'X-Api-Key: ${this.#key}' ${data} '${URL}/api/v3${path}'`
    return JSON.parse(await this.appliance.shell(call, { input: body ?? '' }))
  }
}
