import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { monthOf } from '../../core/month.ts'
import type { Mail } from './mailer.ts'
import { type Due, MOST_MAILS, Outbox } from './outbox.ts'

const due = (change: Partial<Due> = {}): Due => ({
  organization: { id: 'org-1', name: 'Acme' },
  project: { id: 'proj_1', name: 'first' },
  thresholdCents: 500,
  spent: 6_000_000_000n,
  month: monthOf(Date.UTC(2026, 10, 15)),
  subjectPrefix: null,
  alertId: 'alert_1',
  to: ['a@example.com'],
  ...change,
})

const MINUTE = 60_000

/** An outbox, what leaves it, and the time that is let pass for it. */
function outboxOf({ mock }: TestContext) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 })
  const mails: Mail[] = []
  const warnings: string[] = []
  const mailer = { send: (mail: Mail) => void mails.push(mail) }
  const log = { warn: (_: object, message: string) => void warnings.push(message) }
  const pass = (ms: number) => mock.timers.tick(ms)
  return { outbox: new Outbox({ mailer, log, now: Date.now }), mails, warnings, pass }
}

test('thirty mails leave for a project in an hour; the rest are one, and so on while it goes on', (t) => {
  const { outbox, mails, warnings, pass } = outboxOf(t)
  for (let i = 0; i < 300; i++) outbox.send(due({ to: [`a${i % 250}@example.com`] }))
  assert.equal(mails.length, MOST_MAILS)
  assert.equal(warnings.length, 1)
  // Others have an hour of their own, and so has the organization itself.
  outbox.send(due({ project: { id: 'proj_2', name: 'second' } }))
  outbox.send(due({ project: null }))
  assert.equal(mails.length, MOST_MAILS + 2)
  pass(60 * MINUTE - 1)
  assert.equal(mails.length, MOST_MAILS + 2)
  pass(1)
  assert.equal(mails.length, MOST_MAILS + 3)
  const digest = mails.at(-1)
  assert.equal(digest?.subject, 'Gatehouse spend alert: Project "first" has reached 270 more alerts')
  assert.match(digest?.text ?? '', /\nAnd 170 more\.\n$/)
  assert.deepEqual(digest?.to, [])
  assert.deepEqual([digest?.bcc?.length, new Set(digest?.bcc).size], [100, 100])
  // The digest is one of the next hour's.
  mails.length = 0
  for (let i = 0; i < 40; i++) outbox.send(due())
  assert.equal(mails.length, MOST_MAILS - 1)
  outbox.close()
  assert.match(mails.at(-1)?.subject ?? '', / has reached 11 more alerts$/)
})

test('a mail that would be the thirty-first of any hour waits, wherever the hour begins', (t) => {
  const { outbox, mails, pass } = outboxOf(t)
  outbox.send(due())
  pass(50 * MINUTE)
  for (let i = 0; i < 30; i++) outbox.send(due())
  assert.equal(mails.length, 30)
  pass(10 * MINUTE)
  assert.equal(mails.length, 31)
  // Only the first was an hour ago: its place is the digest's, and there is no other.
  outbox.send(due())
  assert.equal(mails.length, 31)
  pass(50 * MINUTE)
  assert.equal(mails.length, 32)
})

test("a subject begins with the house's words, and what people call things is plain and short in it", (t) => {
  const { outbox, mails } = outboxOf(t)
  const nasty = `pay\u202e now\r\nBcc: x@example.com\u2028${'!'.repeat(300)}`
  outbox.send(due({ subjectPrefix: nasty, project: { id: 'proj_1', name: nasty } }))
  const [mail] = mails
  const subject = mail?.subject ?? ''
  assert.ok(subject.startsWith('Gatehouse spend alert: pay now'), subject)
  assert.ok(subject.length < 300, `${subject.length}`)
  assert.doesNotMatch(subject, /[\p{C}\p{Zl}\p{Zp}]/u)
  assert.doesNotMatch(mail?.text ?? '', /\u202e|\r|^Bcc/m)
})
