import type { Shell } from './command.ts'

/** One line a row, each column as wide as its widest entry. */
export function printRows(shell: Shell, rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  for (const row of rows)
    shell.print(
      row
        .map((entry, column) => entry.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

/** For programs. */
export function printJson(shell: Shell, value: unknown): void {
  shell.print(JSON.stringify(value, null, 2))
}

/** "2026-11-24T03:00:00Z"; null for never. */
export function isoOrNull(at: number | null): string | null {
  return at === null ? null : `${new Date(at).toISOString().slice(0, 19)}Z`
}
