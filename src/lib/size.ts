export const GIGABYTE = 1_000_000_000

const UNITS: [name: string, bytes: number][] = [
  ['TB', 1000 * GIGABYTE],
  ['GB', GIGABYTE],
  ['MB', 1_000_000],
  ['kB', 1000],
]

/** "512 bytes", "1.5 kB", "312 MB", "20 GB": one decimal below 10. */
export function sizeInWords(bytes: number): string {
  const [name, unit] = UNITS.find(([, unitBytes]) => bytes >= unitBytes) ?? ['', 1]
  if (name === '') return bytes === 1 ? '1 byte' : `${bytes} bytes`
  const count = bytes / unit
  return `${Number(count < 10 ? count.toFixed(1) : Math.floor(count))} ${name}`
}
