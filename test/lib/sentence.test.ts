import { expect, test } from 'bun:test'
import { asSentence } from '#lib/sentence.ts'
import { TestOutcome } from '#views/components/channel.tsx'
import { deliveryFailureMail } from '#words/account-mail.ts'

test.each([
  ['Received status code 204', 'Received status code 204.'],
  ['550 No such user here.', '550 No such user here.'],
  ['Who are you?', 'Who are you?'],
  ['and so on…', 'and so on…'],
  ['', ''],
])('asSentence: %p becomes %p', (text, sentence) => {
  expect(asSentence(text)).toBe(sentence)
})

test("asSentence: a mail server's reply ends with one period on pages and in mails", () => {
  const detail = '550 No such user here.'
  expect(
    String(TestOutcome({ outcome: { result: 'failed', reason: 'rejected', detail, isPermanent: true } })),
  ).not.toContain('..')
  expect(String(TestOutcome({ outcome: { result: 'sent', detail } }))).not.toContain('..')
  const mail = deliveryFailureMail({
    to: 'a@example.com',
    monitor: 'backup',
    channel: 'me',
    detail,
    url: 'https://a.example',
  })
  expect(mail.paragraphs.join(' ')).not.toContain('..')
})
