import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes an authority (`authority.pem`) and a certificate that it issued for a host (`leaf.key`, `leaf.pem`). */
export function makeAuthority(folder: string, host: string): void {
  writeFileSync(join(folder, 'names.txt'), `subjectAltName=DNS:${host}\n`)
  const ofLeaf = ['-in', 'leaf.csr', '-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial']
  const steps = [
    ['req', '-x509', '-subj', '/CN=Test authority', '-days', '2', '-keyout', 'authority.key', '-out', 'authority.pem'],
    ['req', '-subj', `/CN=${host}`, '-keyout', 'leaf.key', '-out', 'leaf.csr'],
    ['x509', '-req', ...ofLeaf, '-days', '2', '-extfile', 'names.txt', '-out', 'leaf.pem'],
  ]
  for (const [command = '', ...more] of steps) {
    const newKey = command === 'req' ? ['-newkey', 'rsa:2048', '-nodes'] : []
    const made = Bun.spawnSync(['openssl', command, ...newKey, ...more], { cwd: folder, stderr: 'pipe' })
    if (made.exitCode !== 0) throw new Error(`openssl made no certificate: ${made.stderr}`)
  }
}
