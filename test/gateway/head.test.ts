import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routes } from '../../src/gateway/routes/table.ts'
import { everywhere, openStage, pathOf } from './declared.ts'
import { EVENTS, event } from './upstream.ts'

/** What differs from one answer to the next, or is the connection's. */
const ofEach = new Set(['date', 'x-request-id', 'openai-processing-ms', 'connection', 'keep-alive'])
/** Of each request one is taken, so that one less is left. */
const counted = /^x-ratelimit-(remaining|reset)/
const lasting = (headers: Headers) => [...headers].filter(([name]) => !ofEach.has(name) && !counted.test(name))

test('a HEAD of what is read is the GET without its body: the model server is asked, one request is counted', async () => {
  await using stage = await openStage()
  const { gate } = stage
  for (const [name, route] of everywhere) {
    if (route.method !== 'GET') continue
    const place = await stage.place()
    const path = pathOf(route, place)
    for (const key of [place.key, 'sk-proj-nobodys']) {
      const [get, head] = [await gate.app.send('GET', path, { key }), await gate.app.send('HEAD', path, { key })]
      assert.deepEqual([head.status, head.text], [get.status, ''], name)
      assert.deepEqual(lasting(head.headers), lasting(get.headers), name)
      assert.equal(head.headers.get('content-length'), String(Buffer.byteLength(get.text)), name)
      const left = 'x-ratelimit-remaining-requests'
      const [before, after] = [get.headers.get(left), head.headers.get(left)]
      assert.ok(before === null ? after === null : Number(before) - Number(after) <= 1, `${name}: ${before} ${after}`)
    }
    const asked = gate.upstream.calls.splice(0).map(({ request }) => `${request.method} ${request.url}`)
    assert.deepEqual(asked, route.answeredBy === 'catalogue' ? [] : [`GET ${path}`, `GET ${path}`], name)
    // Nothing is there without a key, or under another path, whatever is asked with.
    assert.equal((await gate.app.send('HEAD', path, { key: null })).status, 401)
    assert.equal(
      (await gate.app.send('HEAD', `/check${path}`, place)).status,
      route.check === 'not_offered' ? 404 : 200,
    )
  }
})

test('a HEAD of a stream ends with it, and its connection carries the next request', async () => {
  await using stage = await openStage()
  const { gate } = stage
  const place = await stage.place()
  gate.upstream.answer(async ({ response, whole }) => {
    await whole
    response.writeHead(200, EVENTS)
    response.end(event({ type: 'response.completed', response: { id: 'r' } }))
  })
  const path = `${pathOf(routes['responses.retrieve'], place)}?stream=True`
  const head = await gate.app.send('HEAD', path, place)
  assert.deepEqual([head.status, head.text], [200, ''])
  assert.match(head.headers.get('content-type') ?? '', /^text\/event-stream/)
  assert.match((await gate.app.send('GET', path, place)).text, /response\.completed/)
})
