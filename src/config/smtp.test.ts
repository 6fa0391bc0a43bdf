import assert from 'node:assert/strict'
import { test } from 'node:test'
import { smtpServer } from './smtp.ts'

const plain = { secure: false, requireTls: false, auth: null, from: null }

test("a mail server's URL says its host, its port and whether TLS comes first", () => {
  assert.deepEqual(smtpServer('smtp://mail.internal'), { ...plain, host: 'mail.internal', port: 587 })
  assert.deepEqual(smtpServer('smtp://[::1]:25/'), { ...plain, host: '::1', port: 25 })
  assert.deepEqual(smtpServer('smtps://mail.example'), { ...plain, host: 'mail.example', port: 465, secure: true })
  assert.equal(smtpServer('smtp://h?from=gate@corp.example').from, 'gate@corp.example')
  assert.equal(smtpServer('smtp://h?from=gate%2Balerts%40corp.example').from, 'gate+alerts@corp.example')
})

test('a user and a password are decoded, and go to another machine only through TLS', () => {
  const { auth, requireTls } = smtpServer('smtp://us%40er:p%3Aa%2Fs%25@mail.internal:2525')
  assert.deepEqual([auth, requireTls], [{ user: 'us@er', pass: 'p:a/s%' }, true])
  for (const host of ['localhost', '127.0.0.1', '[::1]']) {
    assert.equal(smtpServer(`smtp://u:p@${host}`).requireTls, false)
  }
  assert.equal(smtpServer('smtp://u:p@127.evil.example').requireTls, true)
  assert.equal(smtpServer('smtps://u:p@mail.internal').requireTls, false)
})

test('what is no mail server is refused, without a word of what was written', () => {
  const wrong = [
    'mail.internal',
    'http://u:hunter2@h',
    'smtp:',
    'smtp://',
    'smtp:///x',
    'smtp://u:hunter2@',
    'smtp://u:hunter2@h/path',
    'smtp://u:hunter2@h#x',
    'smtp://u:hunter2@h%20x',
    'smtp://u:hunter2@h:99999',
    'smtp://u:hunter2%@h',
    'smtp://hunter2@h',
    'smtp://:hunter2@h',
    'smtp://u:hunter2@h?pool=hunter2',
    'smtp://u:hunter2@h?from=hunter2',
    'smtp://h?from=a@b&from=hunter2@d',
    'smtp://h?from=a@b,hunter2@d',
  ]
  for (const text of wrong) {
    assert.throws(
      () => smtpServer(text),
      (error: Error) => !error.message.includes('hunter2') && error.message.length > 10,
      text,
    )
  }
})
