import { describe, expect, test } from 'bun:test'
import { RenderBudget, renderLiquid, TEMPLATE_MAX } from '#channels/shared/liquid.ts'

const DATA = {
  name: 'a "b"\n\\ 🛡️',
  tags: ['x', 'y'],
  monitor: { slug: 'backup' },
}

const json = (template: string) => renderLiquid(template, DATA, 'json', new RenderBudget())

describe('renderLiquid', () => {
  test.each([
    ['{"n": "{{ name }}"}', { n: DATA.name }],
    ['{"n": {{ name | json }}}', { n: DATA.name }],
    ['{"n": {{ tags | json }}, "s": "{{ monitor.slug | upcase }}"}', { n: ['x', 'y'], s: 'BACKUP' }],
    ['{"n": "{% for tag in tags %}{{ tag }},{% endfor %}"}', { n: 'x,y,' }],
    ['{"n": {{ nothing | json }}, "m": "{{ nothing.at.all }}"}', { n: null, m: '' }],
    ['{"n": "{{ monitor }}"}', { n: '{"slug":"backup"}' }],
  ])('writes valid JSON: %s', (template, expected) => {
    const result = json(template)
    expect('text' in result && JSON.parse(result.text)).toEqual(expected)
  })

  test('leaves a value as it is with "raw", and without escaping', () => {
    expect(json('{{ name | raw }}')).toEqual({ text: DATA.name })
    expect(renderLiquid('{{ name }}', DATA, 'none', new RenderBudget())).toEqual({ text: DATA.name })
  })

  test('encodes values in URLs, and puts those of headers on one line', () => {
    expect(renderLiquid('/{{ name }}', { name: 'a/b c' }, 'url', new RenderBudget())).toEqual({ text: '/a%2Fb%20c' })
    expect(renderLiquid('{{ name }}', { name: 'a\r\nX: b' }, 'header', new RenderBudget())).toEqual({ text: 'a X: b' })
  })

  test.each(['include', 'render', 'layout', 'block'])('has no tag "%s", which would read files', (tag) => {
    expect(json(`{% ${tag} "package.json" %}`)).toMatchObject({ problem: expect.stringContaining('not found') })
  })

  test('reads no properties of JavaScript', () => {
    expect(json('{{ name.constructor }}{{ monitor.toString }}{{ tags.map }}')).toEqual({ text: '' })
  })

  test.each([
    ['that does not parse', '{{ name'],
    ['with an unknown filter', '{{ name | shout }}'],
    ['with a loop without end', '{% for i in (1..100000000) %}{{ i }}{% endfor %}'],
    [
      'that doubles a text again and again',
      '{% assign a = name %}{% for i in (1..40) %}{% assign a = a | append: a %}{% endfor %}',
    ],
    [
      'with many nested loops',
      '{% for a in (1..999) %}{% for b in (1..999) %}{% for c in (1..999) %}{% endfor %}{% endfor %}{% endfor %}',
    ],
    ['that is too long', 'x'.repeat(TEMPLATE_MAX + 1)],
  ])('says what is wrong with a template %s', (_what, template) => {
    const result = json(template)
    expect('problem' in result && result.problem).toMatch(/^.{5,160}$/)
  })
})

describe('RenderBudget', () => {
  test('is shared: what one text used, the next ones lack', () => {
    let now = 0
    const budget = new RenderBudget(() => now)
    const given: number[] = []
    const spend = (text: string) =>
      budget.spend((ms) => {
        given.push(ms)
        now += 30
        return { text }
      })
    expect([spend('a'), spend('b'), spend('c')]).toEqual([
      { text: 'a' },
      { text: 'b' },
      { problem: 'rendering took too long' },
    ])
    expect(given).toEqual([50, 20])
  })

  test('limits the size of all texts together', () => {
    const budget = new RenderBudget()
    const twice = `{{ text }}{{ text }}`
    const data = { text: 'x'.repeat(60 * 1024) }
    const render = () => renderLiquid(twice, data, 'none', budget)
    expect(render()).toEqual({ text: data.text.repeat(2) })
    expect(render()).toEqual({ text: data.text.repeat(2) })
    expect(render()).toEqual({ problem: 'the result is too long' })
  })
})
