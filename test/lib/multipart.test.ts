import { describe, expect, test } from 'bun:test'
import { createPartsReader } from '#lib/multipart.ts'

const contentType = 'multipart/form-data; boundary="b"'
const part = (name: string, value: string) =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text))

async function read(text: string, partsMax = 10) {
  const values = new Map<string | undefined, string>()
  const reader = createPartsReader({
    contentType,
    partsMax,
    sinkFor: (name) =>
      name === 'unneeded' ? null : (bytes) => values.set(name, (values.get(name) ?? '') + Buffer.from(bytes)),
  })
  await reader?.add(bytesOf(text))
  return { isComplete: await reader?.end(), values: Object.fromEntries(values) }
}

describe('createPartsReader', () => {
  test('reads the parts that are needed', async () => {
    const form = `${part('m', 'a\r\n--c')}${part('unneeded', 'x')}${part('s', '1')}--b--`
    expect(await read(form)).toEqual({ isComplete: true, values: { m: 'a\r\n--c', s: '1' } })
    expect(await read(`preamble\r\n${form}\r\nepilogue`)).toEqual({
      isComplete: true,
      values: { m: 'a\r\n--c', s: '1' },
    })
  })

  test('is not complete wherever a form breaks off', async () => {
    const form = `${part('m', 'a')}${part('s', '1')}--b--`
    for (let length = 0; length < form.length; length++)
      expect({ length, isComplete: (await read(form.slice(0, length))).isComplete }).toEqual({
        length,
        isComplete: false,
      })
  })

  test('is not complete with too many parts', async () => {
    expect((await read(`${part('unneeded', 'x').repeat(10)}--b--`)).isComplete).toBe(true)
    expect((await read(`${part('unneeded', 'x').repeat(11)}--b--`)).isComplete).toBe(false)
  })

  test('rejects with what a sink throws', async () => {
    const reader = createPartsReader({
      contentType,
      partsMax: 10,
      sinkFor: () => () => {
        throw new Error('no room')
      },
    })
    await expect(reader?.add(bytesOf(`${part('m', 'a')}--b--`))).rejects.toThrow('no room')
  })

  test('is null without a boundary', () => {
    expect(createPartsReader({ contentType: 'multipart/form-data', partsMax: 10, sinkFor: () => null })).toBeNull()
  })
})
