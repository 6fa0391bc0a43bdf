import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envelopesOf } from '../envelopes/envelopes.ts'
import { lateReply } from './late-reply.ts'

/** What a client gets of a reply that says nothing of being a stream and comes in these pieces. */
function told(...pieces: Buffer[]): string {
  const late = lateReply(200, false, envelopesOf('openai', ''), false)
  const shown = pieces.map((piece) => late.chunk(piece)?.toString() ?? '')
  return shown.join('') + late.end()
}

test('a late reply without a label is what it is, wherever it is cut', () => {
  const replies: [came: string, is: string][] = [
    ['data: {"a":1}\n\n', 'data: {"a":1}\n\n'],
    ['event: x\ndata: 1\n\n', 'event: x\ndata: 1\n\n'],
    ['id: 7\ndata: 1\n\n', 'id: 7\ndata: 1\n\n'],
    ['retry: 10\n\n', 'retry: 10\n\n'],
    [': a comment\n\ndata: 1\n\n', ': a comment\n\ndata: 1\n\n'],
    ['\ufeff\r\n data:1\n\n', 'data:1\n\n'],
    ['{"a":\n1}', 'data: {"a": 1}\n\n'],
  ]
  for (const [came, is] of replies) {
    const bytes = Buffer.from(came)
    for (let at = 0; at <= bytes.length; at++) assert.equal(told(bytes.subarray(0, at), bytes.subarray(at)), is, came)
    assert.equal(told(...[...bytes].map((byte) => Buffer.of(byte))), is, came)
  }
})

test('what is neither a stream nor JSON is told as that, also where it ends before that is known', () => {
  for (const came of ['dat', 'datum: 1', 'data', 'e', 'retry 1', '<html>', ''])
    for (const pieces of [[Buffer.from(came)], [...Buffer.from(came)].map((byte) => Buffer.of(byte))])
      assert.match(told(...pieces), /^event: error\ndata: .*"upstream_invalid_reply"/, came)
})

test('of a refusal that is too long its beginning is told, in whatever pieces it comes', () => {
  for (const lengths of [[70_000], [1, 69_999], [65_535, 2, 10_000], [65_536, 5_000]]) {
    const late = lateReply(500, false, envelopesOf('openai', ''), false)
    for (const length of lengths) assert.equal(late.chunk(Buffer.alloc(length, 'x')), null)
    assert.match(late.end(), /"message":"x{4096}"/, String(lengths))
  }
})

test('a refusal that has its shape already is told as it is', () => {
  const late = lateReply(400, false, envelopesOf('anthropic', 'req_1'), true)
  const told = `{"type":"error","error":{"type":"x","message":"${'x'.repeat(70_000)}"}}`
  for (const part of [told.slice(0, 5), told.slice(5)]) assert.equal(late.chunk(Buffer.from(part)), null)
  assert.equal(late.end(), `event: error\ndata: ${told}\n\n`)
})
