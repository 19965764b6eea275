import { expect, test } from 'bun:test'
import { withBasePath } from '#lib/base-path.ts'
import { Warnings } from '#views/components/warnings.tsx'

test('Warnings: each name of a channel is a <bdi> of its own', () => {
  const channels = ['Team chat', 'צוות', 'Pager'].map((name, index) => ({ id: String(index), name }))
  const html = String(
    withBasePath('', () => <Warnings warnings={[{ kind: 'channels', text: 'Fix them.', channels }]} />),
  )
  expect(html).toContain(
    'Fix them. <a href="/channels/0"><bdi>Team chat</bdi></a>, <a href="/channels/1"><bdi>צוות</bdi></a>, ' +
      '<a href="/channels/2"><bdi>Pager</bdi></a>',
  )
})
