// install.sh: checksums verify the files, and a signature verifies the checksums.
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createHash, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto'
import { join } from 'node:path'
import { publicKeyOf, sign, trust } from '../../.ci/release.ts'
import { execute } from '../support/binary.ts'
import { findProgram } from '../support/programs.ts'
import { canEnterRoot, EXECUTABLE, Installer } from './installer.ts'

const canEnter = await canEnterRoot()
const minisign = findProgram('minisign')

interface Signer {
  id: Buffer
  secret: KeyObject
  publicKey: string
}

/** A key pair in the format of minisign. */
function makeSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const id = Buffer.from('8bytesid')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return { id, secret: privateKey, publicKey: Buffer.concat([Buffer.from('Ed'), id, raw]).toString('base64') }
}

/** Like `minisign -S`, in the current format (ED) or that before 2021 (Ed). */
function signatureOf(text: string, { id, secret }: Signer, algorithm: 'ED' | 'Ed' = 'ED'): string {
  const message = algorithm === 'ED' ? createHash('blake2b512').update(text).digest() : Buffer.from(text)
  const signature = signBytes(null, message, secret)
  const all = signBytes(null, Buffer.concat([signature, Buffer.from('CronGuard')]), secret)
  const line = Buffer.concat([Buffer.from(algorithm), id, signature]).toString('base64')
  return `untrusted comment: x\n${line}\ntrusted comment: CronGuard\n${all.toString('base64')}\n`
}

let installer: Installer
const signer = makeSigner()

const install = (hidden: readonly string[], ...args: string[]) =>
  installer.runWithout(hidden, [...args, '--no-service', '/release'])

/** The program that verifies the signature, and the one that is hidden. */
const WAYS: [way: string, hidden: string[]][] = [
  ['minisign', ['openssl']],
  ['openssl', ['minisign']],
]

describe.skipIf(!canEnter)('install.sh of a signed release', () => {
  beforeEach(async () => {
    installer = await Installer.prepare()
    trust(installer.root.at('/release'), signer.publicKey)
    installer.sumUpRelease()
  })
  afterEach(() => installer.dispose())

  const signRelease = (by: Signer, algorithm?: 'ED' | 'Ed') => {
    const sums = installer.root.read('/release/SHA256SUMS')
    installer.root.write('/release/SHA256SUMS.minisig', signatureOf(sums, by, algorithm))
  }

  for (const [way, hidden] of WAYS) {
    describe.skipIf(way === 'minisign' && minisign === null)(`with ${way}`, () => {
      test.each(['ED', 'Ed'] as const)('installs a release signed with its key (%s)', async (algorithm) => {
        signRelease(signer, algorithm)
        const { exitCode, stdout } = await install(hidden)
        expect([exitCode, stdout]).toEqual([0, expect.not.stringContaining('signature')])
      })

      test('refuses a release signed with another key, unless --insecure is given', async () => {
        signRelease(makeSigner())
        const { exitCode, stderr } = await install(hidden)
        expect([exitCode, stderr]).toEqual([1, expect.stringContaining('does not match its signature')])
        expect(installer.root.has(EXECUTABLE)).toBe(false)
        expect((await install(hidden, '--insecure')).exitCode).toBe(0)
      })

      test('refuses checksums that were changed after they were signed', async () => {
        signRelease(signer)
        installer.root.write('/release/SHA256SUMS', `${installer.root.read('/release/SHA256SUMS')}\n`)
        expect((await install(hidden)).stderr).toContain('does not match its signature')
      })

      test('refuses an invalid signature', async () => {
        for (const text of ['', 'untrusted comment: x\n', 'x\n!!!\n']) {
          installer.root.write('/release/SHA256SUMS.minisig', text)
          expect((await install(hidden)).stderr).toContain('does not match its signature')
        }
      })
    })
  }

  test('refuses a release without its signature', async () => {
    const { exitCode, stderr } = await install([])
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('is not signed, but this install.sh expects')])
  })

  test('says that the signature was not verified if no program can verify it', async () => {
    signRelease(signer)
    const { exitCode, stdout } = await install(['minisign', 'openssl'])
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('was not verified: install minisign or OpenSSL 3')])
  })
})

describe.skipIf(!canEnter || minisign === null)('npm run release', () => {
  test('signs a release, and its install.sh accepts only that one', async () => {
    installer = await Installer.prepare()
    const folder = installer.root.at('/release')
    const secret = join(installer.root.at('/tmp'), 'secret')
    await execute(['minisign', '-G', '-W', '-p', `${secret}.pub`, '-s', secret])
    trust(folder, publicKeyOf(secret))
    installer.sumUpRelease()
    sign(folder, secret)
    expect(await install(['minisign'])).toMatchObject({ exitCode: 0, stderr: '' })
    installer.root.write('/release/SHA256SUMS', `${installer.root.read('/release/SHA256SUMS')}\n`)
    expect((await install(['minisign'])).exitCode).toBe(1)
    installer.dispose()
  })
})
