import type { Chance } from '../../support/seeded.ts'

/** Replies that are right, of every kind. */
const RIGHT = [
  'HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"model":"m"}',
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n003;name=value;other\r\nabc\r\n0;last\r\nx-trailer: one\r\nother: two\r\n\r\n',
  'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nuntil the end',
  'HTTP/1.0 200 OK\r\ncontent-length: 4\r\nconnection: keep-alive\r\n\r\nfour',
  'HTTP/1.0 200\r\n\r\nold, and until the end',
  'HTTP/1.1 204 No Content\r\nkeep-alive: timeout=5\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n',
  'HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}',
  'HTTP/1.1 429 Too Many Requests\r\nretry-after:\t7 \r\nretry-after-ms: 2500\r\nx-should-retry: true\r\ncontent-length: 0\r\n\r\n',
  'HTTP/1.1 500 \xe9\xff\r\nopenai-model: caf\xe9 \t m\r\nContent-Type: a/b\r\nContent-Type: c/d\r\ncontent-length: 3\r\n\r\nbad',
  "HTTP/1.1 200 OK\r\na:\r\nb: \r\n*!#$%&'+-.^_`|~: x\r\ncontent-length: 1\r\n\r\nx",
  'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]',
] as const

const SPLICED = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    '\n\n',
    ' ',
    '\t',
    '\0',
    '\x0b',
    '\x7f',
    '\x80',
    '\xa0',
    '\xff',
    ':',
    ';',
    ',',
    '"',
  ],
  ...[
    '0',
    '5',
    'a',
    'F',
    '-',
    '+',
    '0x',
    '0\r\n\r\n',
    '1\r\nx\r\n',
    'ffffffffffffffff',
    '99999999999999999999',
    '5, 5',
  ],
  ...['chunked', 'identity', 'gzip, chunked', 'close', 'keep-alive', 'HTTP/1.1', 'HTTP/2.0', 'HTTP/0.9', 'ICY', '101'],
  ...[
    'content-length: 3\r\n',
    'Content-Length: 5\r\n',
    'transfer-encoding: chunked\r\n',
    'Transfer-Encoding : chunked\r\n',
  ],
  ...['transfer-encoding: chunked, chunked\r\n', 'connection: close\r\n', 'connection: upgrade\r\n', 'upgrade: x\r\n'],
  ...[' folded: no\r\n', '\tfolded\r\n', 'no colon\r\n', ': no name\r\n', 'trailer: x\r\n', 'HTTP/1.1 200 OK\r\n'],
]

/** A reply that was right before it was changed in one place or some, a character for each byte; now and then it still is. */
export function madeReply(chance: Chance): string {
  let reply: string = chance.pick(RIGHT)
  for (let changes = chance.between(0, 4); changes > 0; changes--) reply = chance.pick(CHANGES)(reply, chance)
  return reply
}

type Change = (reply: string, chance: Chance) => string

/** Between where two bytes stand, the first and the last included. */
const somewhere = (text: string, chance: Chance) => chance.between(0, text.length)
const spliced = (text: string, at: number, gone: number, put: string) => text.slice(0, at) + put + text.slice(at + gone)

const CHANGES: readonly Change[] = [
  (reply, chance) => spliced(reply, somewhere(reply, chance), 0, chance.pick(SPLICED)),
  (reply, chance) => spliced(reply, lineStart(reply, chance), 0, chance.pick(SPLICED)),
  (reply, chance) => spliced(reply, somewhere(reply, chance), 1, chance.pick(SPLICED)),
  (reply, chance) => spliced(reply, somewhere(reply, chance), 1, String.fromCharCode(chance.between(0, 255))),
  (reply, chance) => spliced(reply, somewhere(reply, chance), chance.between(1, 5), ''),
  (reply, chance) => reply.slice(0, somewhere(reply, chance)),
  (reply, chance) => reply + chance.pick(SPLICED),
  otherDigit,
  otherCase,
  lineTwice,
]

function lineStart(reply: string, chance: Chance): number {
  const starts = [0, ...[...reply.matchAll(/\r\n/g)].map(({ index }) => index + 2)]
  return chance.pick(starts)
}

function lineTwice(reply: string, chance: Chance): string {
  const start = lineStart(reply, chance)
  const end = reply.indexOf('\r\n', start)
  return end < 0 ? reply : spliced(reply, end + 2, 0, reply.slice(start, end + 2))
}

function otherDigit(reply: string, chance: Chance): string {
  const digits = [...reply.matchAll(/\d/g)]
  return digits.length === 0 ? reply : spliced(reply, chance.pick(digits).index, 1, String(chance.between(0, 9)))
}

function otherCase(reply: string, chance: Chance): string {
  const letters = [...reply.matchAll(/[a-z]/gi)]
  if (letters.length === 0) return reply
  const { index, 0: letter } = chance.pick(letters)
  return spliced(reply, index, 1, letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase())
}
