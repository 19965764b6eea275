import { expect, test } from 'bun:test'
import { fillPlaceholders, type Place, type PlaceholderValues } from '#channels/shared/placeholders.ts'

const VALUES: PlaceholderValues = {
  CODE: 'b6dbc2f0-5f3c-4b11-9f0a-5ac0c1a7e0b1',
  STATUS: 'down',
  NOW: '2026-11-23T09:37:41+00:00',
  NAME: 'My "Backup" & $TAG1',
  SLUG: 'my-backup',
  tags: ['prod', 'db', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'tenth'],
  EXITSTATUS: '3',
  BODY: 'line 1\nline "2" $NAME',
  JSON: '{"name":"x","tags":"prod"}',
}

const fill = (text: string, place: Place = 'body') => fillPlaceholders(text, VALUES, place)

test.each([
  ['$CODE $STATUS $NOW $SLUG $EXITSTATUS', `${VALUES.CODE} down 2026-11-23T09:37:41+00:00 my-backup 3`],
  ['$NAME', 'My "Backup" & $TAG1'],
  ['$NAME_JSON', '"My \\"Backup\\" & $TAG1"'],
  ['$TAGS', 'prod db c d e f g h i tenth'],
  ['$TAG1,$TAG2,$TAG10', 'prod,db,tenth'],
  ['$TAG11', 'prod1'],
  ['$TAG0 $TAG', '$TAG0 $TAG'],
  ['$JSON', '{"name":"x","tags":"prod"}'],
  ['$BODY_JSON', '"line 1\\nline \\"2\\" $NAME"'],
  ['$BODY', 'line 1\nline "2" $NAME'],
  ['$UNKNOWN $ $$', '$UNKNOWN $ $$'],
  ['$$NAMETAG1', '$My "Backup" & $TAG1TAG1'],
])('fillPlaceholders: a body with %s', (text, expected) => {
  expect(fill(text)).toBe(expected)
})

test('fillPlaceholders: values are percent-encoded in a URL, except for slashes', () => {
  expect(fill('https://example.org/$NAME?s=$STATUS', 'url')).toBe(
    'https://example.org/My%20%22Backup%22%20%26%20%24TAG1?s=down',
  )
  expect(fillPlaceholders('/$NAME', { ...VALUES, NAME: 'a/b?c#d' }, 'url')).toBe('/a/b%3Fc%23d')
})

test('fillPlaceholders: URLs and headers have no $BODY', () => {
  expect(fill('/$BODY', 'url')).toBe('/$BODY')
  expect(fill('$BODY_JSON', 'header')).toBe('$BODY_JSON')
})

test('fillPlaceholders: headers contain only Latin-1 and no line breaks', () => {
  const values = { ...VALUES, NAME: 'é 備\r\nX-Evil: 1 🛡' }
  expect(fillPlaceholders('$NAME', values, 'header')).toBe('é &#20633; X-Evil: 1 &#128737;')
})

test('fillPlaceholders: stops once the values have more characters than allowed', () => {
  const filled = fillPlaceholders('$BODY'.repeat(2000), { ...VALUES, BODY: 'x'.repeat(10_000) }, 'body', 25_000)
  expect(filled).toHaveLength(30_000)
})
