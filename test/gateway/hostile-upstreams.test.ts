import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { answer, cases, choice, type Failing, HTTP, raw, unreachable } from './failing-servers.ts'
import { CHAT, openCall, replyTo } from './gate.ts'
import { type Ledger, large, openLedger } from './ledger.ts'
import { EVENTS, event } from './upstream.ts'

/*
 * Model servers that fail, in every way that one can. The client gets a sentence or a cut connection, never a clean end that
 * lies; a call that failed keeps its request and nothing else, one that was answered is metered, once.
 */

async function ask({ gate, isClean }: Ledger, { stream, seen, says }: Failing, what: string) {
  const call = openCall(gate, CHAT)
  call.end(JSON.stringify({ ...large, ...(stream && { stream }) }))
  const { response, chunks, ended } = await replyTo(call).catch((cause) => {
    // Nothing of a reply that begins and breaks at once may have been sent yet.
    assert.equal(seen, 'broken', `${what}: ${cause}`)
    return { response: null, chunks: [], ended: 'broken' as const }
  })
  const end = await ended
  const text = Buffer.concat(chunks).toString()
  isClean(text + JSON.stringify(response?.headers ?? ''))
  if (says) assert.match(text, says)
  if (response) {
    // Whatever became of it, it says what is left of the limits, and of ours.
    assert.equal(response.headers['x-ratelimit-limit-tokens'], '60000')
    assert.equal(response.headers['x-ratelimit-limit-project-tokens'], '60000')
    assert.match(String(response.headers['x-request-id']), /^req_[0-9a-z]{24}$/)
  }
  if (typeof seen === 'string') assert.equal(end, seen)
  else assert.deepEqual([response?.statusCode, JSON.parse(text).error.code, end], [...seen, 'complete'])
}

describe('a model server that fails costs a request, and what it did answer: nothing leaks and nothing stays reserved', () => {
  let ledger: Ledger
  before(async () => {
    ledger = await openLedger()
  })
  after(() => ledger[Symbol.asyncDispose]())

  for (const [what, failing] of Object.entries(cases)) {
    test(`it ${what}`, async () => {
      ledger.gate.upstream.answer(failing.script)
      await ask(ledger, failing, what)
      await ledger.balances(1, failing.metered, what)
    })
  }

  test('it dies while the request is sent to it', async () => {
    const { gate, isClean, balances } = ledger
    gate.upstream.answer(({ request }) => request.socket.resetAndDestroy(), { read: false })
    const body = { ...large, filler: 'x'.repeat(10_000_000) }
    const reply = await gate.app.send('POST', CHAT, { key: gate.key, body })
    assert.deepEqual([reply.status, reply.body.error.code], unreachable)
    isClean(reply.text)
    await balances(1, 0)
  })

  test('it fails for fifty calls at once', async () => {
    const { gate, isClean, balances } = ledger
    gate.upstream.answer(({ response }) => response.destroy())
    const body = { ...large, max_tokens: 1000 }
    const send = () => gate.app.send('POST', CHAT, { key: gate.key, body })
    const replies = await Promise.all(Array.from({ length: 50 }, send))
    for (const { status, text } of replies) {
      assert.equal(status, 502)
      isClean(text)
    }
    await balances(50, 0)
  })
})

describe('a model server that keeps silent', () => {
  test('is waited for so long and no longer, and nothing stays reserved', async () => {
    await using ledger = await openLedger({ timeouts: { replyTimeoutMs: 1500, silenceTimeoutMs: 1500 } })
    ledger.gate.upstream.answer(() => {})
    await ask(ledger, { script: () => {}, seen: [504, 'upstream_timeout'], metered: 0 }, 'silent')
    await ledger.balances(1, 0)
    ledger.gate.upstream.answer(async ({ whole, response }) => {
      await whole
      response.writeHead(200, EVENTS).write(event(choice('half an answer')))
    })
    const failing: Failing = { script: () => {}, stream: true, seen: 'broken', metered: 1, says: /half an answer/ }
    await ask(ledger, failing, 'silent in the middle')
    await ledger.balances(1, 1)
    ledger.gate.upstream.answer(raw(`${HTTP}content-length: 1000\r\n\r\n${answer}`))
    await ask(ledger, { script: () => {}, seen: 'broken', metered: 1 }, 'announced and never sent')
    await ledger.balances(1, 1)
  })
})
