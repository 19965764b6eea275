import type { BackupCounts } from '#domain/backup.ts'

/** "2 users, 1 project, 14 monitors, 3 channels, 9,120 pings" */
export function countsInWords(counts: Partial<BackupCounts>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${count.toLocaleString('en')} ${count === 1 ? what.slice(0, -1) : what}`)
    .join(', ')
}
