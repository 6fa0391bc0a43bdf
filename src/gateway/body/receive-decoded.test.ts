import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { startBodyServer } from '../../../test/gateway/body-server.ts'
import { END, field, file, MODEL, startForms, TYPE } from '../../../test/gateway/form-server.ts'
import { until } from '../../../test/gateway/upstream.ts'
import { Wire } from '../../../test/gateway/wire.ts'
import { CODERS, largeWindow } from '../../../test/support/codings.ts'
import type { BodyBudget, Budget } from './budget.ts'
import { readJson } from './json-body.ts'
import { BODY_LIMIT, ClientGone } from './receive-bytes.ts'

const MB = 1024 * 1024
const text = JSON.stringify({
  model: 'm',
  user: 'ü',
  messages: Array.from({ length: 3000 }, (_, i) => ({ i: i * 7919 })),
})
const plain = Buffer.from(text)

/** A server that reads JSON, and keeps count of the most that bodies held at once. */
async function start(budgetBytes = 256 * MB) {
  const most = { held: 0 }
  const counted = (budget: BodyBudget): Budget => ({
    take(bytes, whole) {
      budget.take(bytes, whole)
      most.held = Math.max(most.held, budget.used)
    },
    check: (bytes, whole) => budget.check(bytes, whole),
    give: (bytes) => budget.give(bytes),
  })
  const server = await startBodyServer(
    (request, budget) => readJson(request, counted(budget)),
    (body) => {
      const sent = body?.bytes().toString() ?? null
      const size = body?.size
      body?.release()
      return { size, same: sent === text, length: sent?.length ?? null }
    },
    { budgetBytes },
  )
  return { ...server, most }
}

async function post(server: { url: string }, body: Buffer, coding: string, type = 'application/json') {
  const headers = { 'content-type': type, 'content-encoding': coding }
  const response = await fetch(`${server.url}/v1/any`, { method: 'POST', body: new Uint8Array(body), headers })
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
}

const refusedBy = async (server: { url: string }, body: Buffer, coding: string) => {
  const { status, body: said } = await post(server, body, coding)
  return [status, said.error?.type, said.error?.message] as const
}

describe('each coding that is read', () => {
  for (const [coding, code] of Object.entries(CODERS)) {
    test(`${coding}: what comes out is what would be sent, however it came`, async () => {
      await using server = await start()
      const coded = code(plain)
      const whole = { size: plain.length, same: true, length: text.length }
      for (const name of [coding, coding.toUpperCase(), ` ${coding} `]) {
        assert.deepEqual((await post(server, coded, name)).body, whole, name)
      }
      // Byte by byte, in chunks of a byte each.
      using wire = await Wire.open(server.url)
      const head = ['POST /v1/any HTTP/1.1', 'host: gate', 'content-type: application/json']
      await wire.send([...head, `content-encoding: ${coding}`, 'transfer-encoding: chunked', '', ''].join('\r\n'))
      const chunks = [...coded].flatMap((byte) => [Buffer.from('1\r\n'), Buffer.of(byte), Buffer.from('\r\n')])
      await wire.send(Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]))
      assert.deepEqual(JSON.parse((await wire.reply()).body.toString()), whole)
      assert.equal(server.budget.used, 0)
    })

    test(`${coding}: what is cut, damaged or followed by more is 400, and nothing is held for it`, async () => {
      await using server = await start()
      const coded = code(plain)
      const middle = Buffer.from(coded)
      middle.fill(0xff, coded.length >> 1, (coded.length >> 1) + 40)
      const wrong: Record<string, Buffer> = {
        'the last byte is missing': coded.subarray(0, -1),
        'half of it': coded.subarray(0, coded.length >> 1),
        'its first byte': coded.subarray(0, 1),
        'what is not coded': plain,
        'damaged in the middle': middle,
        'a letter behind it': Buffer.concat([coded, Buffer.from('x')]),
        'a zero behind it': Buffer.concat([coded, Buffer.of(0)]),
        'a megabyte behind it': Buffer.concat([coded, randomBytes(MB)]),
        'another coding': CODERS[coding === 'gzip' ? 'deflate' : 'gzip']?.(plain) ?? plain,
      }
      for (const [what, bytes] of Object.entries(wrong)) {
        const [status, type, message] = await refusedBy(server, bytes, coding)
        assert.deepEqual([status, type], [400, 'invalid_request_error'], what)
        assert.match(message, /^We could not (decode|parse) /, what)
      }
      assert.equal(server.budget.used, 0)
    })

    test(`${coding}: a bomb costs no more than the bound, and the connection goes on`, async () => {
      await using server = await start()
      const bomb = code(Buffer.alloc(100 * MB, ' '))
      assert.ok(bomb.length < MB)
      const [status, type, message] = await refusedBy(server, bomb, coding)
      assert.deepEqual([status, type], [413, 'server_error'])
      assert.match(message, /^Maximum content size limit \(\d+\) exceeded/)
      // Of 100 MB: what a body may grow to, twice where it was gathered and decoded, and a step of both beside.
      const bound = Math.max(MB, bomb.length * 200)
      assert.ok(server.most.held <= Math.min(4 * bound, 3 * BODY_LIMIT), `${server.most.held} of ${bound}`)
      assert.equal(server.budget.used, 0)
      assert.equal((await post(server, code(plain), coding)).status, 200)
    })

    test(`${coding}: no body may grow beyond what a plain one may have`, async () => {
      await using server = await start()
      const line = randomBytes(4096).toString('base64')
      const long = Buffer.from(JSON.stringify({ x: line.repeat(BODY_LIMIT / line.length + 1) }))
      const padded = Buffer.concat([long, randomBytes(20_000)])
      const [status, , message] = await refusedBy(server, code(padded), coding)
      assert.equal(status, 413)
      assert.match(message, coding === 'deflate' || coding === 'gzip' ? /26214400/ : /limit/)
      assert.equal(server.budget.used, 0)
    })

    test(`${coding}: a budget that is used up is 503, and a client that leaves gives back what it held`, async () => {
      await using small = await start(200_000)
      const noise = Buffer.from(JSON.stringify({ x: randomBytes(300_000).toString('base64') }))
      assert.equal((await refusedBy(small, code(noise), coding))[0], 503)
      assert.equal(small.budget.used, 0)
      await using server = await start()
      const wire = await Wire.open(server.url)
      const head = ['POST /v1/any HTTP/1.1', 'host: gate', 'content-type: application/json']
      await wire.send([...head, `content-encoding: ${coding}`, 'content-length: 1000000', '', ''].join('\r\n'))
      await wire.send(code(noise).subarray(0, 200_000))
      await until(() => server.most.held > 100_000, 'something is held')
      wire.socket.destroy()
      await until(() => server.thrown.length > 0, 'the reader gives up')
      assert.ok(server.thrown[0] instanceof ClientGone)
      assert.equal(server.budget.used, 0)
    })

    test(`${coding}: a form is read and written anew like a plain one`, async () => {
      await using server = await startForms()
      const sound = randomBytes(2 * MB).toString('base64')
      const form = Buffer.from(field('prompt', 'hello') + MODEL + file('file', sound) + END)
      const coded = await post(server, CODERS[coding]?.(form) ?? form, coding, TYPE)
      assert.equal(coded.status, 200)
      assert.deepEqual(coded.body.fields, [
        ['prompt', 'hello'],
        ['model', 'whisper-1'],
      ])
      assert.deepEqual(coded.body.files, [{ name: 'file', filename: 'a.wav', bytes: sound.length }])
      assert.ok(coded.body.sent.includes(sound))
      assert.equal((await post(server, CODERS[coding]?.(form).subarray(0, -9) ?? form, coding, TYPE)).status, 400)
    })
  }
})

test('a coding that is not read, and several at once, are 415 with the names of those that are', async () => {
  await using server = await start()
  const both = CODERS.gzip?.(CODERS.gzip(plain)) ?? plain
  for (const coding of ['compress', 'gzip, gzip', 'gzip,identity', 'aws-chunked', 'x-zstd', 'toString', 'g zip', ',']) {
    const { status, headers, body } = await post(server, both, coding)
    assert.deepEqual([status, body.error.code], [415, 'unsupported_content_encoding'], coding)
    assert.match(body.error.message, /'gzip', 'deflate', 'br', 'zstd'/)
    assert.equal(headers.get('accept-encoding'), null, 'this server of the test writes no headers')
  }
  assert.equal((await post(server, plain, 'identity')).status, 200)
  assert.equal((await post(server, CODERS.gzip?.(plain) ?? plain, 'x-gzip')).body.same, true)
})

test('several members of a gzip, and several frames of a zstd, are one body', async () => {
  await using server = await start()
  for (const coding of ['gzip', 'zstd']) {
    const parts = [plain.subarray(0, 1000), plain.subarray(1000)].map((part) => CODERS[coding]?.(part) ?? part)
    assert.equal((await post(server, Buffer.concat(parts), coding)).body.same, true, coding)
  }
})

test('a window that is too large for HTTP is 400', async () => {
  await using server = await start()
  const [status, , message] = await refusedBy(server, largeWindow(randomBytes(20 * MB)), 'zstd')
  assert.equal(status, 400)
  assert.match(message, /memory|window/)
})

test('nothing, coded or not, is no body', async () => {
  await using server = await start()
  const empty = { same: false, length: null }
  for (const [coding, code] of Object.entries(CODERS)) {
    assert.deepEqual((await post(server, Buffer.alloc(0), coding)).body, empty, coding)
    assert.deepEqual((await post(server, code(''), coding)).body, empty, coding)
  }
  assert.equal(server.budget.used, 0)
})

test('what decodes well may be a million bytes whatever it came as, and beyond 200 times what came', async () => {
  await using server = await start()
  const of = (length: number) => Buffer.from(JSON.stringify({ x: 'x'.repeat(length) }))
  for (const [coding, code] of Object.entries(CODERS)) {
    assert.equal((await post(server, code(of(1_000_000)), coding)).status, 200, coding)
    assert.equal((await post(server, code(of(4_000_000)), coding)).status, 413, coding)
  }
})
