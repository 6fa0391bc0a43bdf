import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CHAT, openCall, replyTo } from './gate.ts'
import { AUDIO, type Ledger, large, openLedger } from './ledger.ts'
import { EVENTS, event, json, until } from './upstream.ts'
import { Wire } from './wire.ts'

/*
 * Clients that do not wait for the end, or take for ever. Whatever they leave behind is put away: a call that reached no
 * model server costs nothing, one that did costs its request and what it used, once.
 */

const body = JSON.stringify(large)
const streamed = JSON.stringify({ ...large, stream: true })
const said = event({ choices: [{ index: 0, delta: { content: 'half an answer' } }] })
const reported = json({ choices: [], usage: { prompt_tokens: 2, completion_tokens: 3 } })

const head = ({ gate }: Ledger, path: string, ...lines: string[]) =>
  [`POST ${path} HTTP/1.1`, 'host: gate', `authorization: Bearer ${gate.key}`, ...lines, '', ''].join('\r\n')
const JSON_TYPE = 'content-type: application/json'

/** As many calls as this are under way; the request that asks is one of its own. */
const underWay = ({ gate }: Ledger, count: number) =>
  until(async () => (await gate.app.metric('gatehouse_requests_in_flight')) === count + 1, `${count} calls under way`)
const held = ({ gate }: Ledger) => gate.app.metric('gatehouse_body_bytes')

describe('a client that leaves or takes for ever leaves nothing reserved', () => {
  let ledger: Ledger
  before(async () => {
    ledger = await openLedger()
  })
  after(() => ledger[Symbol.asyncDispose]())

  for (const length of [`content-length: ${body.length}`, 'transfer-encoding: chunked']) {
    test(`it leaves in the middle of its body (${length.split(':')[0]})`, async () => {
      const before = ledger.gate.upstream.calls.length
      const wire = await Wire.open(ledger.gate.app.url)
      await wire.send(head(ledger, CHAT, JSON_TYPE, length))
      await wire.send(length.startsWith('c') ? body.slice(0, 40) : `28\r\n${body.slice(0, 40)}\r\n`)
      await until(async () => (await held(ledger)) > 0, 'the half body')
      wire[Symbol.dispose]()
      await ledger.balances(0, 0)
      assert.equal(ledger.gate.upstream.calls.length, before + 1, 'only the call that looks at what is left')
    })
  }

  test('it resets the connection in the middle of its body', async () => {
    const wire = await Wire.open(ledger.gate.app.url)
    await wire.send(head(ledger, CHAT, JSON_TYPE, 'content-length: 20000000'))
    await wire.send(Buffer.alloc(5_000_000, ' '))
    await until(async () => (await held(ledger)) > 0, 'the half body')
    wire.socket.resetAndDestroy()
    await ledger.balances(0, 0)
  })

  test('it leaves in the middle of a file that is too large for memory', async () => {
    const wire = await Wire.open(ledger.gate.app.url)
    const type = 'content-type: multipart/form-data; boundary=b'
    await wire.send(head(ledger, AUDIO, type, 'content-length: 20000000'))
    await wire.send('--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n')
    await wire.send(Buffer.alloc(5_000_000, 'x'))
    await until(async () => (await held(ledger)) >= 4_000_000, 'the half file')
    wire[Symbol.dispose]()
    await ledger.balances(0, 0)
  })

  test('what is announced and not sent holds nothing', async () => {
    const wires = await Promise.all(Array.from({ length: 30 }, () => Wire.open(ledger.gate.app.url)))
    for (const wire of wires) await wire.send(head(ledger, CHAT, JSON_TYPE, 'content-length: 26000000'))
    await underWay(ledger, wires.length)
    assert.equal(await held(ledger), 0)
    for (const wire of wires) wire[Symbol.dispose]()
    await ledger.balances(0, 0)
  })

  test('a slow body takes nothing before it is whole, and then what any other takes', async () => {
    using wire = await Wire.open(ledger.gate.app.url)
    await wire.send(head(ledger, CHAT, JSON_TYPE, `content-length: ${body.length}`))
    for (let at = 0; at < body.length - 1; at++) await wire.send(body.slice(at, at + 1))
    await until(async () => (await held(ledger)) > 0, 'the body')
    assert.ok((await held(ledger)) < 10_000)
    // All of the money and of the tokens is there for somebody else.
    const other = await ledger.gate.app.send('POST', CHAT, {
      key: ledger.gate.key,
      body: { ...large, max_tokens: 45_000 },
    })
    assert.equal(other.status, 200)
    ledger.gate.upstream.answer(reported)
    await wire.send(body.slice(-1))
    const reply = await wire.reply()
    assert.equal(reply.status, 200)
    assert.ok(Number(reply.headers['x-ratelimit-remaining-project-tokens']) <= 20_000)
    await ledger.balances(2, 2)
  })

  test('it leaves before the reply begins: the model has read its words', async () => {
    let seen = false
    ledger.gate.upstream.answer(() => {
      seen = true
    })
    const call = openCall(ledger.gate, CHAT)
    call.end(body)
    await until(() => seen, 'the call')
    call.destroy()
    await ledger.balances(1, 1)
  })

  test('it leaves before the whole of it has reached a model server that does not read', async () => {
    let seen = false
    ledger.gate.upstream.answer(
      () => {
        seen = true
      },
      { read: false },
    )
    const call = openCall(ledger.gate, CHAT)
    call.end(JSON.stringify({ ...large, filler: 'x'.repeat(10_000_000) }))
    await until(() => seen, 'the call')
    call.destroy()
    await ledger.balances(1, 1)
  })

  test('it leaves in the middle of a stream: what was said is paid for', async () => {
    ledger.gate.upstream.answer(async ({ whole, response }) => {
      await whole
      response.writeHead(200, EVENTS).write(said)
    })
    const call = openCall(ledger.gate, CHAT)
    call.end(streamed)
    const { chunks } = await replyTo(call)
    await until(() => chunks.length > 0, 'the first event')
    call.destroy()
    await ledger.balances(1, 1)
  })

  test('it leaves in the middle of a JSON object', async () => {
    ledger.gate.upstream.answer(async ({ whole, response }) => {
      await whole
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"choices":[{"message":{"content":"half')
    })
    const call = openCall(ledger.gate, CHAT)
    call.end(body)
    const { chunks } = await replyTo(call)
    await until(() => chunks.length > 0, 'the first half')
    call.destroy()
    await ledger.balances(1, 1)
  })

  test('it reads nothing of a long stream, and then leaves', async () => {
    ledger.gate.upstream.answer(async ({ whole, response }) => {
      await whole
      response.writeHead(200, EVENTS)
      for (let sent = 0; sent < 100 && !response.destroyed; sent++) {
        if (!response.write(event({ choices: [{ index: 0, delta: {} }], padding: 'x'.repeat(500_000) })))
          await Promise.race([once(response, 'drain'), once(response, 'close')])
      }
    })
    using wire = await Wire.open(ledger.gate.app.url)
    wire.socket.pause()
    await wire.send(head(ledger, CHAT, JSON_TYPE, `content-length: ${streamed.length}`) + streamed)
    const { upstream } = ledger.gate
    const mine = await upstream.call(
      upstream.calls.length - 1 + (upstream.calls.at(-1)?.response.writableFinished ? 1 : 0),
    )
    await until(() => mine.response.writableNeedDrain, 'a model server that has to wait')
    wire.socket.destroy()
    await until(() => mine.cancelled, 'the cancelled call')
    await ledger.balances(1, 1)
  })

  for (const [what, sent] of Object.entries({ 'half of its body': body.slice(0, 40), 'nothing of its body': '' })) {
    test(`it says behind ${what} that no more will come`, async () => {
      using wire = await Wire.open(ledger.gate.app.url)
      await wire.send(head(ledger, CHAT, JSON_TYPE, `content-length: ${body.length}`) + sent)
      wire.socket.end()
      await until(() => wire.ended, 'the end of the connection')
      assert.doesNotMatch(wire.rest, /^HTTP\/1\.1 2/)
      ledger.isClean(wire.rest)
      await ledger.balances(0, 0)
    })
  }

  test('it says behind its request that no more will come: it has its answer, or the connection ends', async () => {
    const closed = Promise.withResolvers<void>()
    ledger.gate.upstream.answer(async (call) => {
      await call.whole
      await closed.promise
      await reported(call)
    })
    using wire = await Wire.open(ledger.gate.app.url)
    await wire.send(head(ledger, CHAT, JSON_TYPE, `content-length: ${body.length}`) + body)
    const { upstream } = ledger.gate
    await until(() => upstream.calls.at(-1)?.response.writableFinished === false, 'the call')
    wire.socket.end(closed.resolve)
    await until(() => wire.ended, 'the end')
    const whole = /^HTTP\/1\.1 200 .*"completion_tokens":3\}\}$/s
    assert.ok(wire.rest === '' || whole.test(wire.rest), wire.rest)
    await ledger.balances(1, 1)
  })

  test('it sends two requests at once and leaves: the second is not begun before the first is over', async () => {
    ledger.gate.upstream.answer(() => {})
    const before = ledger.gate.upstream.calls.length
    const wire = await Wire.open(ledger.gate.app.url)
    const request = head(ledger, CHAT, JSON_TYPE, `content-length: ${body.length}`) + body
    await wire.send(request)
    await until(() => ledger.gate.upstream.calls.length > before, 'the call')
    // The money is not enough for two of them: the second is refused, and hears it only behind the first's answer.
    await wire.send(request)
    await underWay(ledger, 2)
    wire[Symbol.dispose]()
    await ledger.balances(1, 1)
  })

  test('fifty that leave at once, each somewhere else, leave no more behind than one', async () => {
    const { gate } = ledger
    gate.upstream.answer(async ({ whole, response }) => {
      await whole
      await sleep(5 * Math.random())
      response.writeHead(200, EVENTS).write(said)
    })
    const before = gate.upstream.calls.length
    const small = JSON.stringify({ ...large, max_tokens: 500, stream: true })
    const leave = async () => {
      const call = openCall(gate, CHAT, { headers: { 'content-length': String(small.length) } })
      call.write(small.slice(0, 30))
      if (Math.random() > 0.2) call.end(small.slice(30))
      await sleep(40 * Math.random())
      call.destroy()
    }
    await Promise.all(Array.from({ length: 50 }, leave))
    await underWay(ledger, 0)
    // Each that reached the model server is one request and one metered call; of the others nothing is known.
    const reached = gate.upstream.calls.length - before
    await ledger.balances({ least: reached, most: 50 }, reached)
  })
})

describe('a client that asks for a long stream and reads nothing', () => {
  for (const stays of ['keeps its connection', 'reads again when it is too late']) {
    test(`${stays}: it is cut off, and nothing stays reserved`, async () => {
      await using ledger = await openLedger({ timeouts: { unreadTimeoutMs: 500 } })
      ledger.gate.upstream.answer(async ({ whole, response }) => {
        await whole
        response.writeHead(200, EVENTS).write(said)
        const closed = once(response, 'close')
        while (!response.destroyed) {
          const room = response.write(event({ choices: [], padding: 'x'.repeat(500_000) }))
          if (!room) await Promise.race([once(response, 'drain'), closed])
        }
      })
      using wire = await Wire.open(ledger.gate.app.url)
      wire.socket.pause()
      await wire.send(head(ledger, CHAT, JSON_TYPE, `content-length: ${streamed.length}`) + streamed)
      const { upstream } = ledger.gate
      await until(() => upstream.calls.at(-1)?.cancelled, 'the cancelled call')
      if (stays !== 'keeps its connection') wire.socket.resume()
      await ledger.balances(1, 1)
      if (wire.socket.isPaused()) return
      await until(() => wire.ended, 'the end of the connection')
      assert.match(wire.rest, /^HTTP\/1\.1 200 .*half an answer/s)
      assert.ok(!wire.rest.endsWith('\r\n0\r\n\r\n'), 'no clean end')
    })
  }
})
