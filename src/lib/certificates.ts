import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { codeOf } from './files.ts'

/** Makes all connections of this process also trust these certificate authorities. */
export function addTrustedCertificates(certificates: string): void {
  setDefaultCACertificates([...getCACertificates('default'), certificates])
}

/** Reads a file with PEM certificates. Calls `refuse` with the problem when it has none or cannot be read. */
export function readCertificates(path: string, refuse: (says: string) => void): string {
  try {
    const text = readFileSync(path, 'utf8')
    if (!isReadable(text)) refuse('names a file without a PEM certificate')
    return text
  } catch (error) {
    refuse(`names a file that cannot be read (${codeOf(error)})`)
    return ''
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

function isReadable(text: string): boolean {
  try {
    const certificates = text.match(CERTIFICATE) ?? []
    return certificates.length > 0 && certificates.every((certificate) => new X509Certificate(certificate))
  } catch {
    return false
  }
}
