/** `make`, which remembers what it made of the last texts, about `max` of them. What it throws is not remembered. */
export function memoize<T>(max: number, make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const remembered = known.get(text)
    if (remembered !== undefined) return remembered
    const made = make(text)
    if (known.size >= max) known.clear()
    known.set(text, made)
    return made
  }
}
