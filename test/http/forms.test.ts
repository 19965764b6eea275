import { describe, expect, test } from 'bun:test'
import { answerWithBody } from '#http/body.ts'
import { type Form, readForm } from '#http/forms.ts'
import { AppError } from '#lib/errors.ts'

const TYPE = 'application/x-www-form-urlencoded'

function post(body: string, contentType = TYPE): Request {
  return new Request('http://localhost/', { method: 'POST', body, headers: { 'Content-Type': contentType } })
}

// Frees the memory of the body, as the server does.
async function read(request: Request): Promise<Form> {
  const form = Promise.withResolvers<Form>()
  await answerWithBody(request, async () => {
    await readForm(request).then(form.resolve, form.reject)
    return new Response()
  })
  return form.promise
}

async function problemOf(request: Request): Promise<string> {
  const error = await read(request).catch((reason) => reason)
  return error instanceof AppError && error.code === 'invalid' ? error.message : 'none'
}

describe('readForm', () => {
  test('returns fields as typed, the first of several values, and an empty text for a missing field', async () => {
    const form = await read(post('name=a%26b&text=one%0D%0Atwo&tag=x&tag=y&box=on'))
    expect([form.text('name'), form.text('text'), form.text('nothing')]).toEqual(['a&b', 'one\ntwo', ''])
    expect([form.text('tag'), form.list('tag'), form.isTicked('box'), form.isTicked('other')]).toEqual([
      'x',
      ['x', 'y'],
      true,
      false,
    ])
    expect(form.values).toEqual({ name: 'a&b', text: 'one\ntwo', tag: 'x', box: 'on' })
  })

  test('returns no values for a GET request', async () => {
    expect((await read(new Request('http://localhost/?name=x'))).values).toEqual({})
  })

  test.each([
    ['is too long', post(`a=${'x'.repeat(65_536)}`), 'This form is too large.'],
    ['has too many fields', post(Array.from({ length: 301 }, (_, index) => `f${index}=`).join('&')), 'too many fields'],
    ['is JSON', post('{}', 'application/json'), 'The request contains no form.'],
  ])('refuses a form that %s', async (_what, request, problem) => {
    expect(await problemOf(request)).toContain(problem)
  })

  test('accepts many values in a few fields', async () => {
    const body = Array.from({ length: 6000 }, (_, index) => `field${index % 300}=xx`).join('&')
    const form = await read(post(body.slice(0, 65_000)))
    expect(Object.keys(form.values).length).toBeLessThan(301)
  })
})
