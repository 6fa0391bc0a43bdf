import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { CHAT, openCall, question, replyTo, startGate } from './gate.ts'
import { EVENTS, event, settled, until } from './upstream.ts'

const MB = 1024 * 1024

test('the client has the first event before the model server has sent the second', async () => {
  await using gate = await startGate()
  const second = Promise.withResolvers<void>()
  gate.upstream.answer(async ({ response }) => {
    response.writeHead(200, EVENTS)
    response.write(event({ n: 1 }))
    await second.promise
    response.write(event({ n: 2 }))
    response.end(event('[DONE]'))
  })
  const call = openCall(gate, CHAT)
  call.end(JSON.stringify({ ...question, stream: true }))
  const { response, chunks, ended } = await replyTo(call)
  const received = () => Buffer.concat(chunks).toString()
  await until(() => received() !== '', 'the first event')
  assert.equal(received(), event({ n: 1 }))
  assert.equal(response.headers['content-type'], EVENTS['content-type'])
  second.resolve()
  assert.equal(await ended, 'complete')
  assert.equal(received(), event({ n: 1 }) + event({ n: 2 }) + event('[DONE]'))
})

test('the client learns that a reply has begun before its first byte of content', async () => {
  await using gate = await startGate()
  const content = Promise.withResolvers<void>()
  gate.upstream.answer(async ({ response }) => {
    response.writeHead(200, EVENTS)
    response.flushHeaders()
    await content.promise
    response.end(event('[DONE]'))
  })
  const call = openCall(gate, CHAT)
  call.end(JSON.stringify(question))
  const { chunks, ended } = await replyTo(call)
  assert.equal(chunks.length, 0)
  content.resolve()
  assert.equal(await ended, 'complete')
})

test('bytes pass unchanged in both directions, whatever they are', async () => {
  await using gate = await startGate()
  const odd = ` {"model" : "m1",\n"messages":[ ],"\\u0061":"${randomBytes(2 * MB).toString('base64')}", "n":1.0E2 }\n`
  const [sent, answered] = [Buffer.from(odd), randomBytes(5 * MB)]
  gate.upstream.answer(async ({ whole, response }) => {
    await whole
    response.writeHead(200, { 'content-type': 'application/json' })
    for (let at = 0; at < answered.length; at += 77_777) response.write(answered.subarray(at, at + 77_777))
    response.end()
  })
  for (const headers of [{ 'content-length': String(sent.length) }, { 'transfer-encoding': 'chunked' }]) {
    const call = openCall(gate, CHAT, { headers })
    call.end(sent)
    const { chunks, ended } = await replyTo(call)
    assert.equal(await ended, 'complete')
    assert.equal(sha(Buffer.concat(chunks)), sha(answered))
  }
  for (const seen of gate.upstream.calls) assert.equal(sha(await seen.whole), sha(sent))
})

test('a compressed reply is passed on as it means: nobody was asked for it, and its usage must be read', async () => {
  await using gate = await startGate()
  const text = JSON.stringify({ object: 'fake', data: Array(1000).fill('same') })
  gate.upstream.answer(({ response }) => {
    const zipped = gzipSync(text)
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': zipped.length })
    response.end(zipped)
  })
  const call = openCall(gate, CHAT, { headers: { 'accept-encoding': 'gzip;q=0.5' } })
  call.end(JSON.stringify(question))
  const { response, chunks, ended } = await replyTo(call)
  assert.equal(await ended, 'complete')
  assert.equal(response.headers['content-encoding'], undefined)
  assert.equal(Buffer.concat(chunks).toString(), text)
  assert.equal((await gate.upstream.call()).header('accept-encoding'), 'identity')
})

test('a client that does not read stops the model server, and gets every byte once it reads', async () => {
  await using gate = await startGate()
  const all = 192 * MB
  const block = randomBytes(MB)
  let sent = 0
  const hash = createHash('sha256')
  gate.upstream.answer(async ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': all })
    while (sent < all) {
      hash.update(block)
      sent += block.length
      if (!response.write(block)) await new Promise((resolve) => response.once('drain', resolve))
    }
    response.end()
  })
  const call = openCall(gate, CHAT)
  call.end(JSON.stringify(question))
  const response = await new Promise<import('node:http').IncomingMessage>((resolve) => call.once('response', resolve))
  // What fits into the buffers of four sockets is on its way; nothing beyond may pile up in this process.
  const stoppedAt = await settled(() => sent)
  assert.ok(stoppedAt < 48 * MB, `${stoppedAt / MB} MB were taken from the model server`)
  const read = createHash('sha256')
  for await (const chunk of response) read.update(chunk)
  assert.equal(sent, all)
  assert.equal(read.digest('hex'), hash.digest('hex'))
})

const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
