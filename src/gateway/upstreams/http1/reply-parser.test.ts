import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplyFlaw } from './flaw.ts'
import { ReplyParser } from './reply-parser.ts'

const OK = 'HTTP/1.1 200 OK\r\n'
const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`

/** What is read of these bytes: the bodies' pieces, and at the end whether it is whole. */
function read(...pieces: string[]): { data: string[]; isWhole: boolean } {
  const data: string[] = []
  let isWhole = false
  const parser = new ReplyParser({
    head() {},
    data: (bytes) => data.push(bytes.toString('latin1')),
    end() {
      isWhole = true
    },
  })
  parser.begin(false)
  for (const piece of pieces) parser.push(Buffer.from(piece, 'latin1'))
  return { data, isWhole: isWhole || parser.closed() }
}

/** What is read by some and not by others, or in two ways. */
const flawed: Record<string, string> = {
  'another protocol': 'SSH-2.0-OpenSSH\r\n',
  'the beginning of another protocol': 'HTTX',
  'an empty line before it': `\r\n${OK}\r\n`,
  'another version': 'HTTP/2.0 200 OK\r\n\r\n',
  'a status of two digits': 'HTTP/1.1 20 OK\r\n\r\n',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\n\r\n',
  'a bare LF behind a header': `${OK}a: b\nc: d\r\n\r\n`,
  'a bare CR in a value': `${OK}a: b\rc: d\r\n\r\n`,
  'a folded line': `${OK}a: b\r\n c\r\n\r\n`,
  'a blank before a colon': `${OK}content-length : 2\r\n\r\n{}`,
  'a line without a colon': `${OK}content-length\r\n\r\n`,
  'a name of nothing': `${OK}: b\r\n\r\n`,
  'a NUL': `${OK}a: b\0\r\n\r\n`,
  'a control character in its first line': 'HTTP/1.1 200 O\x01K\r\n\r\n',
  'a head that is too large': `${OK}a: ${'b'.repeat(16_384)}\r\n\r\n`,
  'a head without end': `${OK}a: ${'b'.repeat(20_000)}`,
  'two lengths': `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\n{} `,
  'the same length twice': `${OK}content-length: 2\r\ncontent-length: 2\r\n\r\n{}`,
  'lengths in one line': `${OK}content-length: 2, 2\r\n\r\n{}`,
  'a length with a sign': `${OK}content-length: +2\r\n\r\n{}`,
  'a length in other digits': `${OK}content-length: 0x2\r\n\r\n{}`,
  'a length with blanks behind it': `${OK}content-length: 2 \r\n\r\n{}`,
  'a length beyond counting': `${OK}content-length: 9999999999999999\r\n\r\n{}`,
  'an empty length': `${OK}content-length:\r\n\r\n`,
  'a length and chunks': `${OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  'chunks in HTTP/1.0': CHUNKED.replace('1.1', '1.0'),
  'chunks with a blank behind the word': `${OK}transfer-encoding: chunked\t\r\n\r\n0\r\n\r\n`,
  'chunks said twice': `${OK}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  'another coding': `${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  'a chunk without a size': `${CHUNKED}\r\n`,
  'a size that is no number': `${CHUNKED}g\r\n`,
  'a size with a sign': `${CHUNKED}-1\r\n`,
  'a size with a prefix': `${CHUNKED}0x1\r\nx\r\n`,
  'a size with a blank behind it': `${CHUNKED}1 \r\nx\r\n`,
  'a size that ends with a bare LF': `${CHUNKED}1\nx\r\n`,
  'a size beyond counting': `${CHUNKED}fffffffffffff\r\n`,
  'a chunk that is longer than its size': `${CHUNKED}1\r\nxy\r\n`,
  'an extension with a control character': `${CHUNKED}1;a\0\r\nx\r\n`,
  'an extension of nothing': `${CHUNKED}1;\r\nx\r\n`,
  'extensions without end': CHUNKED + `1;${'a'.repeat(4000)}\r\nx\r\n`.repeat(5),
  'a trailer that says a length': `${CHUNKED}0\r\nContent-Length: 5\r\n\r\n`,
  'a trailer that is folded': `${CHUNKED}0\r\na: b\r\n c\r\n\r\n`,
  'trailers without end': `${CHUNKED}0\r\n${'a: b\r\n'.repeat(3000)}`,
  'an interim answer that ends the connection': `HTTP/1.1 103 Early\r\nconnection: close\r\n\r\n${OK}\r\n`,
}

for (const [what, reply] of Object.entries(flawed)) {
  test(`a reply with ${what} is refused, in words that quote nothing of it`, () => {
    assert.throws(
      () => read(reply),
      (error: unknown) => error instanceof ReplyFlaw && /^[A-Za-z0-9./ ]+$/.test(error.message),
    )
    assert.throws(() => read(...reply), ReplyFlaw)
  })
}

test('chunks that come at once are one piece, wherever else they are cut', () => {
  const chunks = '3\r\nabc\r\n2\r\nde\r\n1\r\nf\r\n'
  assert.deepEqual(read(`${CHUNKED}${chunks}0\r\n\r\n`), { data: ['abcdef'], isWhole: true })
  assert.deepEqual(read(CHUNKED, chunks.slice(0, 5), chunks.slice(5)), { data: ['ab', 'cdef'], isWhole: false })
})

test('what came before a flaw was said', () => {
  const data: string[] = []
  const parser = new ReplyParser({ head() {}, data: (bytes) => data.push(bytes.toString()), end() {} })
  parser.begin(false)
  assert.throws(() => parser.push(Buffer.from(`${CHUNKED}3\r\nabc\r\nwrong`)), ReplyFlaw)
  assert.deepEqual(data, ['abc'])
  parser.stop()
  assert.throws(() => parser.push(Buffer.from(OK)), ReplyFlaw)
})

test('whoever stops it in the middle is told nothing more', () => {
  for (const reply of [`${OK}content-length: 2\r\n\r\n{}`, `${CHUNKED}2\r\n{}\r\n0\r\n\r\n`, `${OK}\r\n{}`]) {
    for (const at of ['head', 'data'] as const) {
      const told: string[] = []
      const tell = (what: 'head' | 'data' | 'end') => {
        told.push(what)
        if (what === at) parser.stop()
      }
      const parser = new ReplyParser({ head: () => tell('head'), data: () => tell('data'), end: () => tell('end') })
      parser.begin(false)
      parser.push(Buffer.from(reply))
      assert.deepEqual(told, at === 'head' ? ['head'] : ['head', 'data'])
      assert.equal(parser.closed(), false)
    }
  }
})
