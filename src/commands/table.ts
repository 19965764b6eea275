import { withVisibleDirections } from '#lib/invisible.ts'
import type { Color } from './color.ts'
import type { Shell } from './command.ts'

type Row = readonly string[]

const plain = (): undefined => undefined

/** Prints one line per row. Each column is as wide as its widest entry. */
export function printRows(shell: Shell, rows: readonly Row[], colorOf: (row: Row) => Color | undefined = plain) {
  const lines = rows.map((row) => row.map((entry) => withVisibleDirections(entry).replace(/\p{Cc}/gu, ' ')))
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => widthOf(line[column] ?? ''))))
  const padded = (entry: string, column: number): string => entry + ' '.repeat((widths[column] ?? 0) - widthOf(entry))
  for (const [index, line] of lines.entries()) {
    shell.print(line.map(padded).join('  ').trimEnd(), colorOf(rows[index] ?? []))
  }
}

/** Prints rows below a heading. Without rows, prints `otherwise` to standard error. */
export function printTable(shell: Shell, { head, rows, otherwise, colorOf }: Table): void {
  if (rows.length === 0) shell.tell(otherwise)
  else printRows(shell, [head, ...rows], colorOf)
}

interface Table {
  head: Row
  rows: readonly Row[]
  otherwise: string
  colorOf?: (row: Row) => Color | undefined
}

/** Prints a value as indented JSON. */
export function printJson(shell: Shell, value: unknown): void {
  shell.print(JSON.stringify(value, null, 2))
}

/** "2026-11-24T03:00:00Z", or null. */
export function isoOrNull(at: number | null): string | null {
  return at === null ? null : `${new Date(at).toISOString().slice(0, 19)}Z`
}

// The width in terminal columns: some characters take two.
function widthOf(text: string): number {
  return Bun.stringWidth(text)
}
