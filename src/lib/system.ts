const TIMEOUT_MS = 2000

/** Runs a system program and returns its trimmed output. Null when it is missing, fails or takes too long. */
export async function runForOutput(command: string[]): Promise<string | null> {
  try {
    const child = Bun.spawn(command, {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    })
    const [said, exitCode] = await Promise.all([new Response(child.stdout).text(), child.exited])
    return exitCode === 0 ? said.trim() : null
  } catch {
    return null
  }
}
