import { expect, test } from 'bun:test'
import { withoutInvisible, withVisibleDirections } from '#lib/invisible.ts'

test.each([
  ['backup\u202egnp.exe', 'backupgnp.exe'],
  ['\u2066back\u2069up\u200b\ufeff\u00ad\u200e', 'backup'],
  ['back\u200dup\u200c', 'backup'],
  ['\u3164\u2800', ''],
  ['back\u{e0062}up', 'backup'],
])('withoutInvisible: %j becomes %j', (text, clean) => {
  expect(withoutInvisible(text)).toBe(clean)
})

test.each(['نسخ احتياطي', 'می‌خواهم', '👩‍👩‍👧‍👦', '🛡️ backup', '🏴\u{e0067}\u{e0062}\u{e007f}', 'Škoda', 'e\u0301'])(
  'withoutInvisible: %s stays as it is',
  (text) => {
    expect(withoutInvisible(text)).toBe(text)
  },
)

test('withVisibleDirections replaces direction controls by a visible sign', () => {
  expect(withVisibleDirections('a\u202eb\u2066c\u2069 می‌خواهم')).toBe('a\ufffdb\ufffdc\ufffd می‌خواهم')
})
