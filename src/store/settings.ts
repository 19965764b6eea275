import type { Reader, Tx } from './database.ts'

/** A stored value of the server. Null when it was never set. */
export function findSetting(reader: Reader, name: string): string | null {
  return reader.get<{ value: string }>('SELECT value FROM settings WHERE name = $name', { name })?.value ?? null
}

export function saveSetting(tx: Tx, { name, value }: { name: string; value: string }): void {
  tx.run('INSERT INTO settings (name, value) VALUES ($name, $value) ON CONFLICT (name) DO UPDATE SET value = $value', {
    name,
    value,
  })
}

export function deleteSetting(tx: Tx, name: string): void {
  tx.run('DELETE FROM settings WHERE name = $name', { name })
}
