import { readdirSync, statSync } from 'node:fs'
import { FreshRoot } from '../support/fresh-root.ts'
import { makeRelease, sumUp } from '../support/release.ts'

export const EXECUTABLE = '/usr/local/bin/cronguard'
export const SHARE = '/usr/local/share/cronguard'
export const SETTINGS = '/etc/cronguard/cronguard.env'
export const UNIT = '/etc/systemd/system/cronguard.service'
export const DATA = '/var/lib/cronguard'

/** A systemctl that remembers whether the service is enabled. */
export const SWITCH = `case $1 in
  enable) touch /tmp/on ;;
  disable) rm -f /tmp/on ;;
  is-*) [ -e /tmp/on ] ;;
esac`

/** Whether tests can have a root of their own on this machine; if not, the reason is printed. */
export async function canEnterRoot(): Promise<boolean> {
  const root = await FreshRoot.open()
  root?.dispose()
  return root !== null
}

/** A fresh root, a release of CronGuard 1.0.0 in it, the next one in /newer, and install.sh. */
export class Installer {
  readonly root: FreshRoot

  private constructor(root: FreshRoot) {
    this.root = root
  }

  static async prepare(): Promise<Installer> {
    const root = await FreshRoot.open()
    if (root === null) throw new Error('The root can no longer be entered')
    const installer = new Installer(root)
    installer.setMachine({ machine: 'x86_64', libc: 'ldd (GNU libc) 2.36' })
    makeRelease(root, '/release', '1.0.0')
    makeRelease(root, '/newer', '1.1.0')
    return installer
  }

  /** Updates the checksums of /release after a change. */
  sumUpRelease(): void {
    const names = readdirSync(this.root.at('/release')).filter((name) => !name.startsWith('SHA256SUMS'))
    sumUp(this.root, '/release', names)
  }

  /** Pretends that this is another machine. */
  setMachine({ machine, libc, system = 'Linux' }: { machine: string; libc: string; system?: string }): void {
    this.root.fake('uname', `[ "$1" = -s ] && echo ${system} || echo ${machine}`)
    this.root.fake('ldd', `echo '${libc}' >&2; exit 1`)
  }

  /** Runs the script of the release, and expects it to succeed. */
  async install(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(args)
    if (exitCode !== 0) throw new Error(`install.sh failed: ${stdout}${stderr}`)
    return stdout
  }

  /** Runs the script of the release, and expects it to fail and to leave everything as it was. */
  async refused(...args: string[]): Promise<{ exitCode: number; stderr: string }> {
    const before = this.root.everything()
    const { exitCode, stderr } = await this.run(args)
    if (exitCode === 0) throw new Error('install.sh did not fail')
    const changed = this.root.everything().filter((line) => !before.includes(line))
    if (changed.length > 0) throw new Error(`install.sh failed, but changed ${changed.join(', ')}`)
    return { exitCode, stderr }
  }

  run(args: string[], options: { env?: Record<string, string>; input?: string } = {}) {
    return this.root.run(['sh', '/release/install.sh', ...args], options)
  }

  /** Runs the script of the release as if the machine did not have these programs. */
  runWithout(hidden: readonly string[], args: string[]) {
    const hide = `for name in ${hidden.join(' ')}; do
      if [ -e /usr/bin/$name ]; then mount --bind /dev/null /usr/bin/$name; fi
    done; exec sh /release/install.sh "$@"`
    return this.root.run(['sh', '-c', hide, 'hide', ...args])
  }

  /** Creates a database, as if CronGuard had run. */
  createDatabase(): void {
    this.root.write(`${DATA}/cronguard.db`, 'a database')
  }

  /** Pretends that systemd runs. Its systemctl records each call, and then runs `script`. */
  haveSystemd(script = '', version = 252): void {
    this.root.write('/run/systemd/system/.keep', '')
    const sayVersion = `[ "$1" != --version ] || { echo "systemd ${version} (${version}.1)"; exit; }`
    this.root.fake('systemctl', `${sayVersion}\necho "$*" >>/tmp/systemctl\n${script}`)
  }

  /** The arguments of each call of systemctl. */
  asked(): string[] {
    return this.root.has('/tmp/systemctl') ? this.root.read('/tmp/systemctl').trim().split('\n') : []
  }

  async versionOf(path: string): Promise<string> {
    return (await this.root.run([path, 'version'])).stdout.trim()
  }

  modeOf(path: string): string {
    return (statSync(this.root.at(path)).mode & 0o7777).toString(8)
  }

  dispose(): void {
    this.root.dispose()
  }
}

/** Runs a command as a user without root, in her home folder. */
export function asAlice(...command: string[]): string[] {
  const become = ['setpriv', '--reuid=4711', '--regid=4711', '--clear-groups']
  return ['env', 'HOME=/home/alice', ...become, ...command]
}
