interface Entry {
  at: number
  order: number
  act: () => void | Promise<void>
}

/** Future events by true time; events of the same moment run in the order in which they were added. */
export class Agenda {
  readonly #heap: Entry[] = []
  #order = 0

  get nextAt(): number | null {
    return this.#heap[0]?.at ?? null
  }

  add(at: number, act: Entry['act']): void {
    const entry = { at: Math.round(at), order: this.#order++, act }
    this.#heap.push(entry)
    let index = this.#heap.length - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (isBefore(this.#at(parent), entry)) break
      this.#heap[index] = this.#at(parent)
      index = parent
    }
    this.#heap[index] = entry
  }

  take(): Entry | null {
    const [first] = this.#heap
    const last = this.#heap.pop()
    if (first === undefined || last === undefined) return null
    if (this.#heap.length > 0) this.#sink(last)
    return first
  }

  #sink(entry: Entry): void {
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= this.#heap.length) break
      if (child + 1 < this.#heap.length && isBefore(this.#at(child + 1), this.#at(child))) child += 1
      if (isBefore(entry, this.#at(child))) break
      this.#heap[index] = this.#at(child)
      index = child
    }
    this.#heap[index] = entry
  }

  #at(index: number): Entry {
    return this.#heap[index] as Entry
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at
}
