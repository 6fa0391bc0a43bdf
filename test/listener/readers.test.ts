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
import { takeWork, type Work } from './counted/counting.ts'
import { hostile } from './counted/hostile-texts.ts'

/*
 * Everything that reads a text of somebody who need not be known, or is known by the same text. Each
 * reader gets what would be worst for it, and twice as much of that: its work is counted, and not its time.
 */

const trusted = new BlockList()
trusted.addSubnet('10.0.0.0', 8, 'ipv4')
const budget = new BodyBudget({ limitBytes: 1_000_000, forSmall: 0 })
const withHeaders = (headers: Record<string, string>, url = '/check') => {
  const headersDistinct = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
  return { method: 'GET', url, headers, headersDistinct } as unknown as IncomingMessage
}
const typed = (type: string) => withHeaders({ 'content-type': type, 'content-length': '5' })

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
    read: (text) => bearer(text),
  },
  'an Authorization header that says more': {
    starts: ['Bearer', 'Bearer a'],
    read: (text) => bearer(`${text} x y`),
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

let salt = 0
/** The work of reading such a text of each hostile kind, together; none is read twice, which could be remembered. */
async function workOf(read: (text: string) => unknown, start: string, length: number): Promise<Work> {
  await takeWork()
  for (const make of Object.values(hostile)) {
    try {
      await read(start + make(length).slice(0, length) + (salt++).toString(36).padStart(5, '0'))
    } catch {
      // What it says of it is tested elsewhere.
    }
  }
  return takeWork()
}

const LENGTH = 4800
/** Passes over each byte of a text, and pieces of a reader that run for it; and what is neither. */
const PASSES = 20
const PIECES = 12
const BESIDES = 100_000
for (const [what, { starts = [''], read }] of Object.entries(readers)) {
  test(`${what}: a text is gone over so many times at most, and of twice as long a one it is twice the work`, async (t) => {
    for (const start of starts) {
      await workOf(read, start, 100)
      const [one, two] = [await workOf(read, start, LENGTH), await workOf(read, start, 2 * LENGTH)]
      t.diagnostic(`${start} ${JSON.stringify([one, two])}`)
      assert.deepEqual([...one.slow, ...two.slow], [], start)
      const all = LENGTH * Object.keys(hostile).length
      for (const [measure, each] of [
        ['bytes', PASSES],
        ['pieces', PIECES],
      ] as const) {
        const said = `${start}: ${measure} ${one[measure]}, of twice as much ${two[measure]}`
        assert.ok(one[measure] <= each * all + BESIDES, said)
        assert.ok(two[measure] <= 2.05 * one[measure] + BESIDES, said)
      }
    }
  })
}
