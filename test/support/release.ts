import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FreshRoot } from './fresh-root.ts'
import { ROOT } from './source.ts'

const TARGETS = ['linux-x64', 'linux-x64-musl', 'linux-arm64', 'linux-arm64-musl'].map((name) => `cronguard-${name}`)

/** Creates a release in a folder under the root. Its program only knows the commands version and backup. */
export function makeRelease(root: FreshRoot, folder: string, version: string): void {
  const files: Record<string, string | Uint8Array> = {
    'install.sh': readFileSync(join(ROOT, 'install.sh')),
    'cronguard.service': readFileSync(join(ROOT, 'cronguard.service')),
  }
  for (const target of TARGETS) files[`${target}.gz`] = Bun.gzipSync(program(version, target))
  for (const [name, content] of Object.entries(files)) root.write(`${folder}/${name}`, content)
  sumUp(root, folder, Object.keys(files))
}

/** Writes the checksums of the files. */
export function sumUp(root: FreshRoot, folder: string, names: string[]): void {
  const lines = names.map((name) => `${sha256(readFileSync(root.at(`${folder}/${name}`)))}  ${name}\n`)
  root.write(`${folder}/SHA256SUMS`, lines.join(''))
}

/** Creates a single executable. */
export function makeProgram(root: FreshRoot, path: string, version: string): void {
  root.write(path, program(version, 'alone'))
  chmodSync(root.at(path), 0o755)
}

function program(version: string, target: string): string {
  return `#!/bin/sh
# ${target}
case $1 in
  version) echo ${version} ;;
  backup)
    [ ! -e "$CRONGUARD_DATA_DIR/refuse" ] || exit 1
    echo "${version} as $(id -un)" >>"$CRONGUARD_DATA_DIR/backups" ;;
  *) exit 2 ;;
esac
`
}

function sha256(content: Uint8Array): string {
  return new Bun.CryptoHasher('sha256').update(content).digest('hex')
}
