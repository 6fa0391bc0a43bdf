import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { BlockList } from 'node:net'
import { test } from 'node:test'
import { parseQuery } from '../../src/api/query.ts'
import { forwardedCertificate } from '../../src/core/forwarded-certificate.ts'
import { bearer, keyKind, showKey } from '../../src/core/key.ts'
import { isModelName, isNameable } from '../../src/core/model-name.ts'
import { clientAddress } from '../../src/core/origin.ts'
import { isOwnedId } from '../../src/core/owned.ts'
import { originForm } from '../../src/core/target.ts'
import { BodyBudget } from '../../src/gateway/body/budget.ts'
import { readForm } from '../../src/gateway/body/form-body.ts'
import { readJson } from '../../src/gateway/body/json-body.ts'
import { originalOf } from '../../src/gateway/check/original.ts'
import { routeOf, withQuery } from '../../src/gateway/routes/match.ts'
import { isEventStream } from '../../src/gateway/upstreams/forwarding.ts'

/*
 * Everything that reads a text of somebody who need not be known, or is known by the same text. A head has 16 kB at most; each
 * reader gets as much of what would be worst for it, and four times that.
 */

const trusted = new BlockList()
trusted.addSubnet('10.0.0.0', 8, 'ipv4')
const budget = new BodyBudget(1_000_000)
const withHeaders = (headers: Record<string, string>, url = '/check') => {
  const headersDistinct = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
  return { method: 'GET', url, headers, headersDistinct } as unknown as IncomingMessage
}
const typed = (type: string) => withHeaders({ 'content-type': type, 'content-length': '5' })

const noKey = () => new Error('none')
const onlyQuery = (text: string) => withQuery(routeOf('GET', '/v1/responses/resp_1'), `/v1/responses/resp_1?${text}`)

/** By what it reads: what may stand in front, and the reader. */
const readers: Record<string, { starts?: readonly string[]; read: (text: string) => unknown }> = {
  "the gate's path": {
    starts: ['/v1/', '/v1/models/', '/v1/responses/', '/v1/chat/completions/', '/'],
    read: (text) => routeOf('GET', text),
  },
  "the gate's query": { read: onlyQuery },
  "the Administration API's query": { starts: ['', 'x[0]=', '['], read: parseQuery },
  'a whole URL': { starts: ['http://', 'https://a'], read: originForm },
  'the Authorization header': {
    starts: ['', 'Bearer', 'Bearer ', 'Bearer a'],
    read: (text) => bearer(text, noKey),
  },
  'an Authorization header that says more': {
    starts: ['Bearer', 'Bearer a'],
    read: (text) => bearer(`${text} x y`, noKey),
  },
  'a key': {
    starts: ['', 'sk-admin-', 'sk-proj-', 'sk-svcacct-'],
    read: (text) => [keyKind(text), showKey(text)],
  },
  'an id': { read: (text) => [isNameable(text), isModelName(text), isOwnedId(text)] },
  'x-forwarded-for': {
    starts: ['', '::ffff:', '10.0.0.2,'],
    read: (text) => [clientAddress('10.0.0.1', text, trusted), clientAddress('10.0.0.1', `${text},10.0.0.1`, trusted)],
  },
  'x-forwarded-client-cert': {
    starts: ['', 'Cert="', 'Hash=00;', '-----BEGIN', 'Subject="'],
    read: (text) => [forwardedCertificate(text), forwardedCertificate(`${text}"`)],
  },
  'the type of a JSON body': {
    starts: ['', 'application/json', 'application/json;', 'application/json; charset='],
    read: (text) => readJson(typed(text), budget),
  },
  'the type of a form': {
    starts: ['', 'multipart/form-data;', 'multipart/form-data; boundary=', 'multipart/form-data; boundary="'],
    read: (text) => readForm(typed(`${text}!`), budget),
  },
  'the type of a reply': { starts: ['', 'text/event-stream'], read: isEventStream },
  'the request that is to be checked': {
    starts: ['', '/v1/'],
    read: (text) => [
      originalOf(withHeaders({ 'x-original-method': 'GET', 'x-original-uri': text })),
      originalOf(withHeaders({}, `/check${text}`)),
    ],
  },
}

const [addresses, numbers] = ['10.0.0.1,', '0123456789'.split('')]
/** Each makes as many bytes as are asked for; none repeats a text that was made before, which a reader could remember. */
const hostile: Record<string, (bytes: number) => string> = {
  ...Object.fromEntries(
    ['a', ' ', '/', 'a/', '%2F', 'a%2F', '%41', '%', '.', '../', ':', '&', 'x&', 'x[]&', 'x[a]&', '[&', 'include=a&']
      .concat('stream=a&', ';', ';;"', '"', '\\"', '\\', '"\\\\"', '=', 'a="";', 'Cert=;', ',', ', ', addresses)
      .concat('1.', '1', '; ', ';boundary=x', '; boundary="', ' ;', '\t', '\u00e9', 'charset', '-')
      .map((piece) => [piece, (bytes: number) => piece.repeat(Math.ceil(bytes / piece.length))]),
  ),
  'x[0]&x[1]&…': (bytes) => counted(bytes, (n) => `x[${n}]&`),
  'a0&a1&…': (bytes) => counted(bytes, (n) => `a${n}&`),
  'a0[b]=…': (bytes) => counted(bytes, (n) => `a${n}[b]=${numbers[n % 10]}&`),
}

function counted(bytes: number, piece: (n: number) => string): string {
  let text = ''
  for (let n = 0; text.length < bytes; n++) text += piece(n)
  return text
}

let salt = 0

/** The shortest of some runs, in milliseconds: whatever else the machine does makes a run longer only. */
async function shortest(read: (text: string) => unknown, text: string): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < 5; run++) {
    const fresh = text + (salt++).toString(36)
    const start = performance.now()
    try {
      await read(fresh)
    } catch {
      // What it says of it is tested elsewhere.
    }
    least = Math.min(least, performance.now() - start)
  }
  return least
}

const HEAD = 16_384
for (const [what, { starts = [''], read }] of Object.entries(readers)) {
  test(`${what}: no text makes reading it long, nor longer than its length says`, async () => {
    for (const start of starts) {
      for (const [kind, make] of Object.entries(hostile)) {
        const one = await shortest(read, start + make(HEAD))
        const four = await shortest(read, start + make(4 * HEAD))
        assert.ok(one < 5, `${start}${kind}: ${one} ms`)
        assert.ok(four < Math.max(10 * one, 5), `${start}${kind}: ${one} ms, four times as much: ${four} ms`)
      }
    }
  })
}
