// Builds a release into dist/release/: the files that install.sh expects, checksums, and an SBOM. With
// CRONGUARD_RELEASE_KEY=FILE, a minisign secret key, it signs the checksums.
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import manifest from '#package.json' with { type: 'json' }

interface Target {
  /** The name that install.sh expects. */
  name: string
  /** The name of the target for Bun's compiler, which downloads the runtime from the npm registry. */
  runtime: string
}

/** Baseline: also runs on processors without AVX2, as in old servers and small machines. */
export const TARGETS: readonly Target[] = [
  { name: 'cronguard-linux-x64', runtime: 'bun-linux-x64-baseline' },
  { name: 'cronguard-linux-x64-musl', runtime: 'bun-linux-x64-baseline-musl' },
  { name: 'cronguard-linux-arm64', runtime: 'bun-linux-arm64' },
  { name: 'cronguard-linux-arm64-musl', runtime: 'bun-linux-arm64-musl' },
]

const ROOT = join(import.meta.dir, '..')
const FOLDER = join(ROOT, 'dist/release')
const WORK = join(ROOT, 'dist/release-work')
const METAFILE = join(WORK, 'contents.json')
const SBOM = 'cronguard.cdx.json'
const SUMS = 'SHA256SUMS'
export const SBOM_TOOL = '@cyclonedx/cyclonedx-esbuild@1.4.4'
const COPIED = ['install.sh', 'cronguard.service', 'LICENSE']

if (import.meta.main) process.exitCode = await release()

async function release(): Promise<number> {
  for (const folder of [FOLDER, WORK]) rmSync(folder, { recursive: true, force: true })
  for (const folder of [FOLDER, WORK]) mkdirSync(folder, { recursive: true })
  const built = await Promise.all(TARGETS.filter(build).map(pack))
  for (const name of COPIED) copyFileSync(join(ROOT, name), join(FOLDER, name))
  writeSbom(METAFILE, join(FOLDER, SBOM))
  const key = process.env.CRONGUARD_RELEASE_KEY
  if (key) trust(FOLDER, publicKeyOf(key))
  sumUp(FOLDER)
  if (key) sign(FOLDER, key)
  else console.log('The release is not signed, because CRONGUARD_RELEASE_KEY is not set.')
  rmSync(WORK, { recursive: true })
  console.log(`CronGuard ${manifest.version} is in dist/release: ${built.length} of ${TARGETS.length} builds.`)
  return built.length === TARGETS.length ? 0 : 1
}

/** The build command of package.json for another machine and output file. */
export function buildCommand({ runtime }: Target, outfile: string): string[] {
  const [bun, ...words] = manifest.scripts.build.split(/\s+/)
  const place = words.indexOf('--outfile')
  if (bun !== 'bun' || place < 0) throw new Error('The build script must have the form `bun build … --outfile …`.')
  const flags = words.filter((_word, index) => index !== place && index !== place + 1)
  return [process.execPath, ...flags, `--target=${runtime}`, `--metafile=${METAFILE}`, '--outfile', outfile]
}

// A target whose runtime is unavailable does not prevent the others from being built.
function build(target: Target): boolean {
  const outfile = join(WORK, target.name)
  const { exitCode, stderr } = Bun.spawnSync(buildCommand(target, outfile), { cwd: ROOT })
  if (exitCode !== 0) console.error(`${target.name} cannot be built here: ${stderr.toString().trim()}`)
  else console.log(`${target.name} is built${sayWhetherItRuns(outfile)}.`)
  return exitCode === 0
}

function sayWhetherItRuns(outfile: string): string {
  try {
    const { exitCode, stdout } = Bun.spawnSync([outfile, 'version'])
    if (exitCode === 0 && stdout.toString().trim() === manifest.version) return ', and runs here'
  } catch {
    // Executables for another processor cannot be started here.
  }
  return '; it cannot be tested on this machine'
}

async function pack({ name }: Target): Promise<string> {
  const packed = await promisify(gzip)(readFileSync(join(WORK, name)), { level: 9 })
  writeFileSync(join(FOLDER, `${name}.gz`), packed)
  return `${name}.gz`
}

/**
 * The components of the executable and its runtime as a CycloneDX SBOM. Throws if it cannot be created, or lacks a
 * component of CronGuard.
 */
export function writeSbom(metafile: string, path: string): void {
  const tool = ['npx', '--yes', '--prefer-offline', SBOM_TOOL]
  const options = ['--output-reproducible', '--build-working-dir', ROOT, '--output-file', path]
  const { exitCode, stderr } = Bun.spawnSync([...tool, ...options, metafile], { cwd: ROOT })
  if (exitCode !== 0) throw new Error(`Could not create the list of components: ${stderr.toString().trim()}`)
  const sbom: Sbom = JSON.parse(readFileSync(path, 'utf8'))
  const { bun } = manifest.devDependencies
  sbom.components.push({
    type: 'platform',
    name: 'bun',
    version: bun,
    'bom-ref': `bun@${bun}`,
    purl: `pkg:npm/bun@${bun}`,
    licenses: [{ license: { id: 'MIT' } }],
  })
  const lacking = lackingIn(sbom, { ...manifest.dependencies, bun })
  if (lacking.length > 0) throw new Error(`The list of components lacks ${lacking.join(', ')}.`)
  writeFileSync(path, `${JSON.stringify(sbom, null, 2)}\n`)
}

export interface Sbom {
  components: Component[]
}

interface Component {
  type: string
  /** The scope of a package: "@fontsource-variable". */
  group?: string
  name: string
  version: string
  licenses?: unknown[]
  'bom-ref'?: string
  purl?: string
}

/** The packages that the SBOM does not list with this version and a license. */
export function lackingIn({ components }: Sbom, packages: Record<string, string>): string[] {
  const licensed = components.filter(({ licenses = [] }) => licenses.length > 0)
  const named = licensed.map(({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version}`)
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`)
  return wanted.filter((one) => !named.includes(one))
}

/** The public key that belongs to a secret key of minisign. */
export function publicKeyOf(secretKey: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'cronguard-key-'))
  const path = join(folder, 'key.pub')
  minisign('-R', '-s', secretKey, '-p', path)
  const [, key = ''] = readFileSync(path, 'utf8').split('\n')
  rmSync(folder, { recursive: true })
  return key
}

/** Makes the install.sh of a release accept only what was signed with the key. */
export function trust(folder: string, publicKey: string): void {
  const path = join(folder, 'install.sh')
  const script = readFileSync(path, 'utf8')
  const trusting = script.replace("\nrelease_key=''\n", `\nrelease_key='${publicKey}'\n`)
  if (trusting === script) throw new Error('install.sh has no place for the key.')
  writeFileSync(path, trusting)
}

/** Signs the checksums of a folder, which verify its files. */
export function sign(folder: string, secretKey: string): void {
  minisign('-S', '-s', secretKey, '-m', join(folder, SUMS), '-t', `CronGuard ${manifest.version}`)
}

// minisign can ask for the password of the key.
function minisign(...args: string[]): void {
  const { exitCode } = Bun.spawnSync(['minisign', ...args], { stdio: ['inherit', 'ignore', 'inherit'] })
  if (exitCode !== 0) throw new Error('minisign failed.')
}

/** Writes the checksums of all files in a folder in the format of `sha256sum --check`. */
export function sumUp(folder: string): void {
  const names = readdirSync(folder).filter((name) => !name.startsWith(SUMS))
  names.sort()
  writeFileSync(join(folder, SUMS), names.map((name) => `${sha256(join(folder, name))}  ${name}\n`).join(''))
  for (const name of names) console.log(`${String(statSync(join(folder, name)).size).padStart(11)}  ${name}`)
}

function sha256(path: string): string {
  return new Bun.CryptoHasher('sha256').update(readFileSync(path)).digest('hex')
}
