import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execute } from './binary.ts'

/** The files of /etc that programs need to look up and switch users. */
const SETTINGS = ['alternatives', 'ld.so.cache', 'login.defs', 'nsswitch.conf', 'pam.d', 'security', 'shells']
const USERS = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\nalice:x:4711:4711::/home/alice:/bin/sh\n',
  group: 'root:x:0:\nalice:x:4711:\n',
  shadow: 'root:*:19000:0:99999:7:::\nalice:*:19000:0:99999:7:::\n',
  gshadow: 'root:*::\nalice:*::\n',
}
const PROGRAMS = ['/bin', '/sbin', '/lib', '/lib64', '/lib32']
const FOLDERS = ['dev', 'home/alice', 'local', 'proc', 'root', 'run', 'tmp', 'usr', 'var/lib', 'fake']

/** In a mount namespace of its own: the programs of the machine, and otherwise only the files of the folder. */
const ENTER = `
  root=$1; shift
  mount --rbind /usr "$root/usr" && mount --bind "$root/local" "$root/usr/local" &&
  mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" && exec chroot "$root" "$@"`

/** A machine without CronGuard: the programs of this machine under a fresh root. */
export class FreshRoot {
  readonly folder = mkdtempSync(join(tmpdir(), 'cronguard-root-'))

  /** Null if namespaces are unavailable; the reason is printed. */
  static async open(): Promise<FreshRoot | null> {
    const root = new FreshRoot()
    root.#furnish()
    const { exitCode, stderr } = await root.run(['true'])
    if (exitCode === 0) return root
    console.log(`The tests of install.sh under a fresh root are skipped: ${stderr.trim() || 'it cannot be entered'}.`)
    root.dispose()
    return null
  }

  /** Runs a program under this root, as root; programs in /fake come first. */
  run(command: string[], { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {}) {
    const inside = ['env', '-i', 'PATH=/fake:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root']
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    const enter = ['unshare', '--mount', 'sh', '-c', ENTER, 'enter', this.folder]
    return execute([...enter, ...inside, ...variables, ...command], { input })
  }

  /** The path on the machine of a path under this root. */
  at(path: string): string {
    return join(this.folder, path.replace(/^\/usr\/local\//, '/local/'))
  }

  has(path: string): boolean {
    return existsSync(this.at(path))
  }

  read(path: string): string {
    return readFileSync(this.at(path), 'utf8')
  }

  write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.at(path)), { recursive: true })
    writeFileSync(this.at(path), content)
  }

  /** Replaces a program of the machine by a shell script. */
  fake(name: string, script: string): void {
    this.write(`/fake/${name}`, `#!/bin/sh\n${script}\n`)
    chmodSync(this.at(`/fake/${name}`), 0o755)
  }

  /** Mode, owner, path and a hash of the content of all files. */
  everything(): string[] {
    const paths = readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).sort()
    return paths.map((path) => {
      const stats = lstatSync(join(this.folder, path))
      const content = stats.isFile() ? Bun.hash(readFileSync(join(this.folder, path))).toString(16) : ''
      return [(stats.mode & 0o7777).toString(8), stats.uid, path, content].join(' ').trim()
    })
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #furnish(): void {
    chmodSync(this.folder, 0o755)
    for (const folder of FOLDERS) mkdirSync(join(this.folder, folder), { recursive: true })
    for (const path of PROGRAMS) {
      if (existsSync(path) && lstatSync(path).isSymbolicLink()) symlinkSync(readlinkSync(path), join(this.folder, path))
    }
    mkdirSync(join(this.folder, 'etc'))
    for (const name of SETTINGS) {
      if (existsSync(`/etc/${name}`))
        cpSync(`/etc/${name}`, join(this.folder, 'etc', name), { recursive: true, verbatimSymlinks: true })
    }
    for (const [name, text] of Object.entries(USERS)) writeFileSync(join(this.folder, 'etc', name), text)
  }
}
