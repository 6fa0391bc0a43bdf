import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { CHAT } from './gate.ts'
import { AUDIO, EDITS, LARGE, type Ledger, large, openLedger } from './ledger.ts'
import { Wire } from './wire.ts'

/*
 * Requests that are wrong in themselves. Each is refused with a sentence before anything was taken for it, and the next one
 * finds all that there was.
 */

type Refused = { path?: string; type?: string; body: string | Buffer; headers?: string[]; is: [number, string | null] }

const text = JSON.stringify(large)
const malformed: [number, null] = [400, null]

const badJson: Record<string, Refused> = {
  'an object that does not end': { body: text.slice(0, -1), is: malformed },
  'a text that does not end': { body: '{"model":"m1', is: malformed },
  'a comma too many': { body: `${text.slice(0, -1)},}`, is: malformed },
  'something behind the object': { body: `${text}{}`, is: malformed },
  'a word that is none': { body: '{"model":m1}', is: malformed },
  'single quotes': { body: "{'model':'m1'}", is: malformed },
  'a raw control character': { body: '{"model":"m\n1"}', is: malformed },
  'bytes that are no UTF-8': { body: Buffer.from('{"model":"m1","user":"\xff\xfe"}', 'latin1'), is: malformed },
  'only spaces': { body: '   ', is: malformed },
  null: { body: 'null', is: malformed },
  'a list': { body: `[${text}]`, is: malformed },
  'a text': { body: '"m1"', is: malformed },
  'a number': { body: '1', is: malformed },
  'a hundred thousand brackets': { body: `{"model":"m1","messages":${'['.repeat(100_000)}`, is: malformed },
  'a model twice': { body: '{"model":"m1","model":"m2"}', is: [400, 'duplicate_parameter'] },
  'a model twice, once in disguise': { body: '{"model":"m1","mod\\u0065l":"m2"}', is: [400, 'duplicate_parameter'] },
  'a stream twice': { body: `{"stream":true,${text.slice(1, -1)},"stream":false}`, is: [400, 'duplicate_parameter'] },
  'an unknown field twice': { body: `{"x":1,${text.slice(1, -1)},"x":1}`, is: [400, 'duplicate_parameter'] },
  'no model': { body: '{"messages":[]}', is: [400, 'missing_required_parameter'] },
  'no body at all': { body: '', is: [400, 'missing_required_parameter'] },
  'a model that is no text': { body: '{"model":1}', is: [400, 'invalid_type'] },
  'a maximum beyond all numbers': {
    body: '{"model":"m1","messages":[],"max_tokens":1e999}',
    is: [400, 'invalid_type'],
  },
  'a maximum below nothing': {
    body: '{"model":"m1","messages":[],"max_tokens":-1}',
    is: [400, 'integer_below_min_value'],
  },
  'a body in a coding that is not read': {
    body: text,
    headers: ['content-encoding: compress'],
    is: [415, 'unsupported_content_encoding'],
  },
  'a body that is not compressed as it says': { body: text, headers: ['content-encoding: gzip'], is: malformed },
  'a compressed body that ends too early': {
    body: gzipSync(text).subarray(0, -1),
    headers: ['content-encoding: gzip'],
    is: malformed,
  },
  'a bomb': { body: gzipSync(Buffer.alloc(30_000_000)), headers: ['content-encoding: gzip'], is: [413, null] },
  'another content type': { body: text, type: 'text/plain', is: [400, 'unsupported_content_type'] },
  'another charset': { body: text, type: 'application/json; charset=utf-16', is: [400, 'unsupported_content_type'] },
}

const B = 'x-boundary-x'
const FORM = `multipart/form-data; boundary=${B}`
const field = (name: string, value: string) =>
  `--${B}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
const file = (name: string, value: string) =>
  `--${B}\r\ncontent-disposition: form-data; name="${name}"; filename="a.mp3"\r\ncontent-type: audio/mpeg\r\n\r\n${value}\r\n`
const END = `--${B}--\r\n`
const sound = file('file', 'x'.repeat(500_000))
const form = { path: AUDIO, type: FORM }

const badForms: Record<string, Refused> = {
  'no boundary': {
    ...form,
    type: 'multipart/form-data',
    body: sound + field('model', 'm1') + END,
    is: [400, 'unsupported_content_type'],
  },
  'an empty boundary': {
    ...form,
    type: 'multipart/form-data; boundary=',
    body: sound + END,
    is: [400, 'unsupported_content_type'],
  },
  'another boundary than the body has': { ...form, type: `${FORM}y`, body: sound + END, is: malformed },
  'an end in the middle of a file': { ...form, body: field('model', 'm1') + sound.slice(0, -100), is: malformed },
  'an end before the last boundary': { ...form, body: field('model', 'm1') + sound, is: malformed },
  "an end in the middle of a part's head": { ...form, body: `--${B}\r\ncontent-dispo`, is: malformed },
  'no part': { ...form, body: 'nothing of that kind', is: malformed },
  'a model twice': {
    ...form,
    body: field('model', 'm1') + sound + field('model', 'm2') + END,
    is: [400, 'duplicate_parameter'],
  },
  'a file twice': { ...form, body: field('model', 'm1') + sound + sound + END, is: [400, 'duplicate_parameter'] },
  'a model that is a file': { ...form, body: file('model', 'm1') + sound + END, is: [400, 'invalid_type'] },
  'no model': { ...form, body: sound + END, is: [400, 'missing_required_parameter'] },
  'JSON in its place': { ...form, type: 'application/json', body: text, is: [400, 'unsupported_content_type'] },
  'a form for a JSON route': {
    path: CHAT,
    type: FORM,
    body: field('model', 'm1') + END,
    is: [400, 'unsupported_content_type'],
  },
  'more fields than there are': {
    ...form,
    path: EDITS,
    body: Array.from({ length: 1000 }, (_, i) => field(`f${i}`, 'x')).join('') + END,
    is: malformed,
  },
}

describe('a request that is wrong is refused, takes nothing and tells nothing', () => {
  let ledger: Ledger
  before(async () => {
    ledger = await openLedger()
  })
  after(() => ledger[Symbol.asyncDispose]())

  for (const [kind, cases] of Object.entries({ JSON: badJson, form: badForms })) {
    for (const [what, { path = CHAT, type = 'application/json', body, headers = [], is }] of Object.entries(cases)) {
      test(`${kind}: ${what}`, async () => {
        const { gate, isClean, balances } = ledger
        const before = gate.upstream.calls.length
        const bytes = Buffer.from(body as string)
        for (const announced of [true, false]) {
          using wire = await Wire.open(gate.app.url)
          const length = announced ? `content-length: ${bytes.length}` : 'transfer-encoding: chunked'
          const lines = [`POST ${path} HTTP/1.1`, 'host: gate', `authorization: Bearer ${gate.key}`, length]
          await wire.send([...lines, `content-type: ${type}`, ...headers, '', ''].join('\r\n'))
          const chunk = bytes.length === 0 ? '' : `${bytes.length.toString(16)}\r\n${bytes.toString('latin1')}\r\n`
          await wire.send(announced ? bytes : Buffer.from(`${chunk}0\r\n\r\n`, 'latin1'))
          const reply = await wire.reply()
          const said = reply.body.toString()
          assert.deepEqual([reply.status, JSON.parse(said).error.code], is, said)
          isClean(said + JSON.stringify(reply.headers))
          assert.equal(reply.headers['x-ratelimit-limit-requests'], undefined, 'nothing was counted')
        }
        assert.equal(gate.upstream.calls.length, before)
        await balances(0, 0, what)
      })
    }
  }

  test('headers beyond all measure are 431, and the connection ends', async () => {
    const { gate, isClean, balances } = ledger
    for (const filler of [`x-filler: ${'x'.repeat(100_000)}\r\n`, 'x-filler: 0123456789\r\n'.repeat(10_000)]) {
      using wire = await Wire.open(gate.app.url)
      await wire.send(`POST ${CHAT} HTTP/1.1\r\nhost: gate\r\nauthorization: Bearer ${gate.key}\r\n`)
      wire.socket.write(filler)
      const reply = await wire.reply()
      assert.equal(reply.status, 431)
      isClean(reply.body.toString() + JSON.stringify(reply.headers))
    }
    await balances(0, 0)
  })

  test('a request for more than there can be is refused, and takes nothing of anything', async () => {
    const { gate, isClean, balances } = ledger
    const send = (body: object) => gate.app.send('POST', CHAT, { key: gate.key, body })
    // Its tokens are more than the limit, its money is not; then the other way round.
    for (const [body, code] of [
      [{ ...large, messages: [{ role: 'user', content: 'x'.repeat(300_000) }] }, 'rate_limit_exceeded'],
      [{ ...large, n: 2 }, 'project_spend_limit_exceeded'],
    ] as const) {
      const reply = await send(body)
      assert.deepEqual([reply.status, reply.body.error.code], [429, code])
      assert.equal(reply.headers.get('x-should-retry'), 'false')
      isClean(reply.text)
      await balances(0, 0)
    }
    assert.ok(LARGE * 2 > 50_000)
  })
})
