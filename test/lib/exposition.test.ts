import { describe, expect, test } from 'bun:test'
import { formatLabels, formatMetrics } from '#lib/exposition.ts'

describe('formatMetrics', () => {
  test('writes help and type, then the samples', () => {
    const text = formatMetrics([
      { name: 'up', help: 'Whether it is up.', type: 'gauge', samples: [{ labels: '{a="b"}', value: 1 }] },
      { name: 'pings_total', help: 'How many.', type: 'counter', samples: [{ labels: '', value: 0.25 }] },
    ])
    expect(text).toBe(
      '# HELP up Whether it is up.\n# TYPE up gauge\nup{a="b"} 1\n' +
        '\n# HELP pings_total How many.\n# TYPE pings_total counter\npings_total 0.25\n',
    )
  })

  test('keeps the header of a metric without samples', () => {
    expect(formatMetrics([{ name: 'due', help: 'When.', type: 'gauge', samples: [] }])).toBe(
      '# HELP due When.\n# TYPE due gauge\n',
    )
  })

  test('escapes quotes, backslashes and line breaks', () => {
    expect(formatLabels({ name: 'a "b" \\ c\nd', tags: '' })).toBe('{name="a \\"b\\" \\\\ c\\nd", tags=""}')
    const help = 'One line\nand \\ "another"'
    expect(formatMetrics([{ name: 'a', help, type: 'gauge', samples: [] }])).toStartWith(
      '# HELP a One line\\nand \\\\ "another"\n#',
    )
  })
})
