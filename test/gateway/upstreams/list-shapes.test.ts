import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { ListState } from '../../../src/core/model-list.ts'
import { startTestApp, WORKERS } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { CHAT, makeKey, question } from '../gate.ts'
import { until } from '../upstream.ts'

type List = (response: ServerResponse) => unknown

const KEY = 'sk-upstream-0123456789'

/** A Gatehouse with model servers that answer their lists so, by name, and every call with a completion. */
async function startListed(lists: Record<string, List>) {
  await using stack = new AsyncDisposableStack()
  const server = createServer((request, response) => {
    const [, name = '', , ...path] = (request.url ?? '').split('/')
    if (path.join('/') === 'models') return void lists[name]?.(response)
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ from: name, usage }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const upstreams = Object.keys(lists).map((name) => [name, { url: `${origin}/${name}/v1`, key: KEY }])
  const file = stack.use(await modelsFile([], { upstreams: Object.fromEntries(upstreams) }))
  const lines: string[] = []
  const env = { GATEHOUSE_CONFIG: file.path }
  const app = stack.use(await startTestApp({ env, log: (line) => void lines.push(line) }))
  const { key } = await makeKey(app)
  const rest = stack.move()
  const states = async () => (await app.send('GET', '/readyz', { key: null })).body.model_lists
  return {
    lines,
    /** How it stands with the lists, once all are there. */
    async said(): Promise<Record<string, ListState>> {
      const isOver = (one: unknown) => (one as ListState).state !== 'not_asked'
      await until(async () => Object.values(await states()).every(isOver), 'the lists')
      return await states()
    },
    list: () => app.send('GET', '/v1/models', { key }),
    call: (model: string) => app.send('POST', CHAT, { key, body: { ...question, model } }),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

const idsOf = ({ body }: { body: { data: { id: string }[] } }) => body.data.map(({ id }) => id)

const json =
  (value: unknown): List =>
  (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))

/** Each lists these two, in its own way. */
const shapes: Record<string, (one: string, other: string) => List> = {
  originals: (id, other) => json({ object: 'list', data: [{ id }, { id: other }] }),
  'array-by-itself': (id, other) => json([{ id }, { id: other }]),
  'array-of-names': (one, other) => json([one, other]),
  'under-models-by-model-and-name': (model, name) => json({ models: [{ name: 'A', model }, { name }] }),
  'under-models-of-names': (one, other) => json({ models: [one, other] }),
  'names-under-data': (one, other) => json({ data: [one, other] }),
  'data-by-name': (name, model) => json({ data: [{ name }, { model }] }),
  'an-id-that-is-none': (model, name) =>
    json({
      data: [
        { id: null, model },
        { id: 7, name },
        { id: '', name: '' },
      ],
    }),
  'both-of-which-one-is-empty': (name, other) => json({ data: [], models: [{ name }, { name: other }] }),
  'both-of-which-one-is-odd': (model, other) => json({ data: { x: 1 }, models: [{ model }, { model: other }] }),
  'names-that-cannot-be-called': (one, other) => {
    const hostile = ['', 'a\0b', { name: '\u202ex' }, { id: '\u202ex', name: 'hides' }, { model: `m-${KEY}` }]
    return json([one, ...hostile, 7, null, ['nested'], { name: other }])
  },
  'byte-order-mark-under-another-label': (one, other) => (response) =>
    response.writeHead(200, { 'content-type': 'text/plain' }).end(`\ufeff${JSON.stringify([one, other])}`),
  compressed: (model, name) => (response) =>
    response
      .writeHead(200, { 'content-encoding': 'gzip' })
      .end(gzipSync(JSON.stringify({ models: [{ model }, { name }] }))),
}

test('a list of models is read whatever its shape, and each of them is served by who listed it', async () => {
  const named = Object.entries(shapes).map(([what, list]) => [what, list(`${what}:1`, what)] as const)
  await using gate = await startListed(Object.fromEntries(named))
  const wanted = Object.keys(shapes).flatMap((what) => [what, `${what}:1`])
  assert.deepEqual(idsOf(await gate.list()), wanted.toSorted())
  for (const [what, said] of Object.entries(await gate.said())) assert.deepEqual(said, { state: 'read' }, what)
  for (const what of Object.keys(shapes)) assert.equal((await gate.call(`${what}:1`)).body.from, what)
  assert.equal((await gate.call('another')).status, 404)
})

const status =
  (code: number, text = ''): List =>
  (response) =>
    response.writeHead(code).end(text)
const coded =
  (coding: string): List =>
  (response) =>
    response.writeHead(200, { 'content-encoding': coding }).end('["m1"]')

const NONE = 'its answer lists no model that can be called'
const unread: Record<string, [list: List, why: string]> = {
  'no-such-route': [status(404, '{"detail":"Not Found"}'), 'its answer has the status 404'],
  'no-such-method': [status(405), 'its answer has the status 405'],
  'not-implemented': [status(501), 'its answer has the status 501'],
  'account-refused': [status(401), 'its answer has the status 401'],
  redirect: [status(307), 'its answer has the status 307'],
  'no-content': [status(204), 'its answer has the status 204'],
  page: [(response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>'), NONE],
  nothing: [status(200), NONE],
  'no-model': [json({ object: 'list', data: [] }), NONE],
  'another-object': [json({ error: { message: 'no' } }), NONE],
  null: [json(null), NONE],
  'a-model-by-itself': [json({ id: 'm1', object: 'model' }), NONE],
  'no-name': [json({ models: [{ name: '\u202e' }, {}, { title: 'm1' }, KEY] }), NONE],
  'too-long': [status(200, ' '.repeat(5 * 1024 * 1024)), 'its answer is longer than 4194304 bytes'],
  'another-coding': [coded(KEY), 'its answer cannot be decoded'],
  'no-gzip': [coded('gzip'), 'its answer cannot be decoded'],
  'cut-off': [
    (response) => response.writeHead(200, { 'content-length': 99 }).write('[', () => response.destroy()),
    'it does not answer',
  ],
}

test('a list of models that cannot be read is said to be unread, in the log and by readiness, and never shown as an empty one', async () => {
  await using gate = await startListed(Object.fromEntries(Object.entries(unread).map(([what, [list]]) => [what, list])))
  const { status, body } = await gate.list()
  assert.deepEqual([status, body.error.code, body.data], [502, 'upstream_invalid_reply', undefined])
  const said = await gate.said()
  for (const [what, [, why]] of Object.entries(unread)) {
    assert.deepEqual(said[what], { state: 'unread', why }, what)
    const told = gate.lines.map((line) => JSON.parse(line)).filter(({ upstream }) => upstream === what)
    assert.match(told[0].msg, /^no list of models could be read/, what)
    if (what !== 'cut-off') assert.deepEqual([told.length, told[0].err.message], [WORKERS, why])
  }
  assert.ok(!gate.lines.join().includes(KEY))
  assert.equal((await gate.call('m1')).status, 200)
})

test('nor is one that has nothing but the names of rows of limits', async () => {
  await using gate = await startListed({ one: json(['*default']) })
  assert.deepEqual([(await gate.list()).status, (await gate.said()).one], [502, { state: 'read' }])
  assert.equal((await gate.call('m1')).status, 404)
})

test('a list that was read stays true while the model server gives none, and that is said', async () => {
  let list: List = json(['m1'])
  await using gate = await startListed({ one: (response) => list(response) })
  assert.deepEqual(await gate.said(), { one: { state: 'read' } })
  list = json([])
  await until(async () => {
    await gate.call('made-up')
    return (await gate.said()).one?.state === 'read_earlier'
  }, 'the next time that it is asked')
  assert.deepEqual(await gate.said(), { one: { state: 'read_earlier', why: NONE } })
  assert.deepEqual(idsOf(await gate.list()), ['m1'])
  assert.equal((await gate.call('made-up')).status, 404)
})
