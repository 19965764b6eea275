import { describe, expect, test } from 'bun:test'
import { createByteBudget } from '#lib/byte-budget.ts'

function open() {
  let now = 0
  const budget = createByteBudget({ bytesMax: 100, reservedForSmall: 20, smallMax: 5 }, () => now)
  const evicted: string[] = []
  return {
    evicted,
    wait: (ms: number) => {
      now += ms
    },
    hold: (name: string) => budget.open(() => evicted.push(name)),
  }
}

describe('ByteBudget', () => {
  test('evicts the holder with the largest size times age, and lets the others grow', () => {
    const { hold, wait, evicted } = open()
    const [slow, small] = [hold('slow'), hold('small')]
    expect([slow.resize(40), small.resize(5)]).toEqual([true, true])
    wait(1000)
    const fast = hold('fast')
    expect(fast.resize(50)).toBe(true)
    expect(evicted).toEqual(['slow'])
    expect([slow.isOpen, slow.resize(1)]).toEqual([false, false])
    expect([small.isOpen, fast.isOpen]).toEqual([true, true])
  })

  test('refuses a holder that is itself the largest', () => {
    const { hold, wait, evicted } = open()
    const [big, other] = [hold('big'), hold('other')]
    big.resize(50)
    wait(1000)
    other.resize(20)
    expect(big.resize(70)).toBe(false)
    expect([evicted, big.isOpen, other.isOpen]).toEqual([[], false, true])
  })

  test('never evicts a settled body, and refuses the new one instead', () => {
    const { hold, evicted } = open()
    const arrived = hold('arrived')
    arrived.resize(80)
    arrived.settle()
    const late = hold('late')
    expect(late.resize(6)).toBe(false)
    expect([evicted, arrived.isOpen]).toEqual([[], true])
  })

  test('keeps a reserve for small holders', () => {
    const { hold } = open()
    const arrived = hold('arrived')
    arrived.resize(80)
    arrived.settle()
    const small = Array.from({ length: 5 }, () => hold('small')).map((holding) => {
      const isHeld = holding.resize(5)
      holding.settle()
      return isHeld
    })
    expect(small).toEqual([true, true, true, true, false])
  })

  test('has room again after a holder is closed', () => {
    const { hold } = open()
    const first = hold('first')
    first.resize(80)
    first.settle()
    expect(hold('second').resize(50)).toBe(false)
    first.close()
    expect(hold('third').resize(80)).toBe(true)
  })
})
