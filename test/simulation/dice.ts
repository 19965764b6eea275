/** Repeatable random numbers: the same seed gives the same numbers. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = (seed * 2654435761 + 0x9e3779b9) >>> 0
    for (let warmUp = 0; warmUp < 5; warmUp++) this.real()
  }

  /** In [0, 1). */
  real(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** From `min` to `max`, inclusive. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.real() * (max - min + 1))
  }

  /** Between the two, on a logarithmic scale: 1 to 10 is as likely as 10 to 100. */
  span(min: number, max: number): number {
    return Math.round(min * (max / min) ** this.real())
  }

  chance(share: number): boolean {
    return this.real() < share
  }

  one<T>(list: readonly T[]): T {
    return list[this.whole(0, list.length - 1)] as T
  }

  some<T>(list: readonly T[], share: number): T[] {
    return list.filter(() => this.chance(share))
  }

  /** An independent one, which does not affect this one. */
  fork(): Dice {
    return new Dice(Math.floor(this.real() * 2 ** 32))
  }

  uuid(): string {
    const hex = Array.from({ length: 32 }, () => this.whole(0, 15).toString(16)).join('')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
  }
}
