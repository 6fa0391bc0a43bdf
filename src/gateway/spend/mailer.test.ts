import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serverOf, startSmtp, type TestSmtp } from '../../../test/gateway/smtp-server.ts'
import type { SmtpServer } from '../../config/smtp.ts'
import { defaultSender, Mailer } from './mailer.ts'

type Line = { level: string; fields: object; message: string }

/** A mailer and what it says and counts. */
function mailerOf(server: SmtpServer, options: { publicUrl?: string; pausesMs?: number[] } = {}) {
  const lines: Line[] = []
  const outcomes: string[] = []
  const heard = Promise.withResolvers<void>()
  const mailer = new Mailer({
    server,
    publicUrl: options.publicUrl ?? null,
    pausesMs: options.pausesMs ?? [1, 2, 3],
    log: {
      warn: (fields, message) => lines.push({ level: 'warn', fields, message }),
      error: (fields, message) => lines.push({ level: 'error', fields, message }),
    },
    done: (outcome) => {
      outcomes.push(outcome)
      // What is logged about it follows in the same turn.
      setImmediate(heard.resolve)
    },
  })
  return { mailer, lines, outcomes, done: heard.promise, [Symbol.asyncDispose]: () => mailer.close() }
}

const mail = { to: ['a@corp.example', 'b@corp.example'], subject: 'Größe: "x"', text: 'one\n.two\n\nthree ü\n' }
const about = { alert_id: 'alert_1' }

test('a mail arrives as it was meant: sender, recipients, subject and text, marked as sent by a program', async () => {
  await using smtp = await startSmtp('us%40er:p%3Ass@')
  await using own = mailerOf(serverOf(smtp), { publicUrl: 'https://gate.example/x' })
  own.mailer.send(mail, about)
  await smtp.received(1)
  await own.done
  const [got] = smtp.mails
  assert.deepEqual([got?.from, got?.to, got?.login], ['gatehouse@gate.example', mail.to, '\0us@er\0p:ss'])
  assert.equal(got?.headers.get('subject'), mail.subject)
  assert.equal(got?.headers.get('auto-submitted'), 'auto-generated')
  assert.equal(got?.headers.get('from'), 'Gatehouse <gatehouse@gate.example>')
  assert.equal(got?.text.trimEnd(), mail.text.trimEnd())
  assert.deepEqual([own.outcomes, own.lines], [['sent'], []])
})

test('hidden recipients get the mail, and stand nowhere in it', async () => {
  await using smtp = await startSmtp()
  await using own = mailerOf(serverOf(smtp))
  own.mailer.send({ ...mail, to: [], bcc: mail.to }, about)
  await smtp.received(1)
  const [got] = smtp.mails
  assert.deepEqual(got?.to, mail.to)
  assert.doesNotMatch(JSON.stringify([...(got?.headers ?? []), got?.text]), /corp\.example/)
})

test("the sender can be given with the mail server's URL", async () => {
  await using smtp = await startSmtp()
  await using own = mailerOf(serverOf(smtp, '?from=money@corp.example'))
  own.mailer.send(mail, about)
  await smtp.received(1)
  assert.equal(smtp.mails[0]?.from, 'money@corp.example')
})

test('what the mail server cannot take now is tried again, and arrives once', async () => {
  await using smtp = await startSmtp()
  let refusals = 2
  smtp.answer = (command) => (command === 'RCPT' && refusals-- > 0 ? '451 greylisted' : null)
  await using own = mailerOf(serverOf(smtp))
  own.mailer.send({ ...mail, to: ['a@corp.example'] }, about)
  await smtp.received(1)
  await own.done
  assert.equal(smtp.mails.length, 1)
  assert.deepEqual(own.outcomes, ['sent'])
  assert.deepEqual(
    own.lines.map(({ level }) => level),
    ['warn', 'warn'],
  )
})

const unwilling: [name: string, login: string, answer: (command: string) => string | null, connections: number][] = [
  ['is busy for good', '', (command) => (command === 'MAIL' ? '421 busy' : null), 4],
  ['refuses it for good', '', (command) => (command === 'RCPT' ? '550 <a@corp.example>: no such user' : null), 1],
  ['does not know the password', 'u:hunter2@', (command) => (command === 'AUTH' ? '535 wrong' : null), 1],
  ['talks nonsense', '', (command) => (/^(EHLO|HELO)$/.test(command) ? 'what?' : null), 4],
]
for (const [name, login, answer, connections] of unwilling) {
  test(`where the mail server ${name}, that is counted and logged, without an address, the text or the password`, async () => {
    await using smtp = await startSmtp(login)
    smtp.answer = answer
    await using own = mailerOf(serverOf(smtp))
    own.mailer.send(mail, about)
    await own.done
    assert.deepEqual([smtp.connections, smtp.mails, own.outcomes], [connections, [], ['failed']])
    assert.partialDeepStrictEqual(own.lines.at(-1), { level: 'error', fields: about })
    assert.doesNotMatch(JSON.stringify(own.lines), /hunter2|corp\.example|three/)
  })
}

test('one recipient that the mail server refuses does not keep the others from theirs', async () => {
  await using smtp = await startSmtp()
  let asked = 0
  smtp.answer = (command) => (command === 'RCPT' && asked++ === 0 ? '550 unknown' : null)
  await using own = mailerOf(serverOf(smtp))
  own.mailer.send(mail, about)
  await smtp.received(1)
  await own.done
  assert.deepEqual(smtp.mails[0]?.to, ['b@corp.example'])
  assert.partialDeepStrictEqual(own.lines, [{ level: 'warn', fields: { ...about, refused: 1 } }])
})

test('a password does not go to another machine in the clear', async () => {
  await using smtp = await startSmtp('u:hunter2@')
  const asIfRemote = { ...serverOf(smtp), requireTls: true }
  await using own = mailerOf(asIfRemote, { pausesMs: [] })
  smtp.answer = (command) => (command === 'STARTTLS' ? '502 never heard of it' : null)
  own.mailer.send(mail, about)
  await own.done
  assert.deepEqual([own.outcomes, smtp.mails], [['failed'], []])
})

test('a shutdown waits for no pause: what waits is tried a last time', async () => {
  await using smtp = await startSmtp()
  const first = Promise.withResolvers<void>()
  let refused = false
  smtp.answer = (command) => {
    if (command !== 'MAIL' || refused) return null
    refused = true
    first.resolve()
    return '451 later'
  }
  await using own = mailerOf(serverOf(smtp), { pausesMs: [3_600_000] })
  own.mailer.send(mail, about)
  await first.promise
  while (own.lines.length === 0) await new Promise(setImmediate)
  await own.mailer.close()
  assert.equal(smtp.mails.length, 1)
  own.mailer.send(mail, about)
  assert.deepEqual(own.outcomes, ['sent', 'failed'])
})

test('a subject is one header, whatever is in it', async () => {
  await using smtp: TestSmtp = await startSmtp()
  await using own = mailerOf(serverOf(smtp))
  own.mailer.send({ ...mail, subject: 'x\r\nBcc: evil@corp.example\r\n\r\nbody' }, about)
  await smtp.received(1)
  assert.deepEqual(smtp.mails[0]?.to, mail.to)
  assert.equal(smtp.mails[0]?.headers.has('bcc'), false)
})

test("without a sender of its own, mail comes from the server's public host", () => {
  assert.equal(defaultSender(null), 'gatehouse@localhost')
  assert.equal(defaultSender('https://gate.example:8443/x'), 'gatehouse@gate.example')
  assert.equal(defaultSender('http://10.0.0.1:8080'), 'gatehouse@[10.0.0.1]')
  assert.equal(defaultSender('http://[fd00::1]:8080'), 'gatehouse@[IPv6:fd00::1]')
})
