import { getCACertificates, setDefaultCACertificates } from 'node:tls'

/** From now on every connection of this process also trusts these authorities, besides those that it knows. */
export function trustAlso(certificates: string): void {
  setDefaultCACertificates([...getCACertificates('default'), certificates])
}
