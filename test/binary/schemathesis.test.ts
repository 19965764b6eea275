// Compares the OpenAPI document with the real server: schemathesis generates requests from the document.
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Binary, execute } from '../support/binary.ts'

const VERSION = '4.32.5'
const ALICE = 'alice@example.org'

/**
 * The exceptions to `--checks all`. The document's schemas cannot describe a schedule, a time zone, a tag that a check
 * has, that a check and a tag exclude each other, that a period below a minute needs `subminute`, or the settings of a
 * kind of channel: valid data may be refused with 400.
 */
const SETTINGS = `
[[operations]]
include-operation-id = ["saveCheck", "updateCheck", "createChannel", "updateChannel",
  "createSnooze", "createMaintenance"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", 400, 401, 403, 404, 409, 429, "5xx"]
`

const folder = mkdtempSync(join(tmpdir(), 'cronguard-schemathesis-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const program = join(folder, 'python/bin/schemathesis')
const whyNot = await install()
if (whyNot !== null) console.log(`${whyNot}: the comparison of the OpenAPI document with the server is skipped.`)

/** Null when it is installed, otherwise the reason why not. */
async function install(): Promise<string | null> {
  if (Bun.which('python3') === null) return 'Python is not installed'
  const python = join(folder, 'python')
  if ((await execute(['python3', '-m', 'venv', python])).exitCode !== 0) return 'Python cannot create an environment'
  const options = ['--quiet', '--disable-pip-version-check', '--retries', '0', '--timeout', '15']
  const pip = [join(python, 'bin/pip'), 'install', ...options, `schemathesis==${VERSION}`]
  return (await execute(pip)).exitCode === 0 ? null : 'PyPI cannot be reached'
}

test.skipIf(whyNot !== null)(
  'schemathesis finds no difference between the server and its OpenAPI document',
  async () => {
    const cronguard = await Binary.prepare()
    try {
      expect((await cronguard.run(['user', 'create', ALICE])).exitCode).toBe(0)
      const key = (await cronguard.run(['key', 'create', ALICE])).stdout.trim()
      await cronguard.start()
      const settings = join(folder, 'schemathesis.toml')
      writeFileSync(settings, SETTINGS)
      const options = ['--checks', 'all', '--seed', '1', '--max-examples', '20']
      const address = `${cronguard.url}/api/openapi.json`
      const count = countOperations((await (await fetch(address)).json()) as OpenApi)
      const command = [program, '--config-file', settings, 'run', address, '-H', `X-Api-Key: ${key}`, ...options]
      const { exitCode, stdout, stderr } = await execute(command, { cwd: folder })
      if (exitCode !== 0) console.log(stdout, stderr)
      expect([exitCode, stdout.includes('Failures:'), stdout.includes(`Tested: ${count}\n`)]).toEqual([0, false, true])
    } finally {
      await cronguard.dispose()
    }
  },
  600_000,
)

interface OpenApi {
  paths: Record<string, object>
}

function countOperations({ paths }: OpenApi): number {
  const methods = Object.values(paths).flatMap((path) => Object.keys(path))
  return methods.filter((method) => /^(get|post|put|patch|delete)$/.test(method)).length
}
