import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createLine } from 'node:net'
import { test } from 'node:test'
import { startTestApp } from '../../support/harness.ts'
import { freePort } from '../../support/ports.ts'
import { makeKey } from '../gate.ts'
import { until } from '../upstream.ts'

/** What the gate promises. */
const WITHIN_MS = 5000

const list: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ object: 'list', data: [{ id: 'late', object: 'model' }] }))
}

type Before = (port: number) => Promise<() => Promise<unknown>>

/** What a model server may be like before it is up; what each gives back ends it. */
const BEFORE: Record<string, Before> = {
  'is not there': async () => async () => {},
  'accepts connections and says nothing': async (port) => {
    const line = createLine(() => {}).listen(port, '127.0.0.1')
    await once(line, 'listening')
    // Its connections stay: what was asked on them is never answered, nor reset.
    return () => Promise.resolve(line.close())
  },
  'answers that it is not ready': async (port) => {
    const server = createServer((_request, response) => response.writeHead(503).end())
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return () => {
      server.closeAllConnections()
      return Promise.resolve(server.close())
    }
  },
}

for (const [before, start] of Object.entries(BEFORE)) {
  test(`a model server that ${before} and then comes up is known within five seconds, and asked seldom`, async (t) => {
    await using stack = new AsyncDisposableStack()
    const port = await freePort()
    const end = await start(port)
    const app = stack.use(await startTestApp({ env: { GATEHOUSE_UPSTREAM_URL: `http://127.0.0.1:${port}/v1` } }))
    const { key } = await makeKey(app)
    const listed = async () => (await app.client(key).models.list()).data.map(({ id }) => id)
    await assert.rejects(listed())
    let asked = 0
    const server = createServer((...call) => {
      asked++
      list(...call)
    })
    await end()
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    stack.defer(() => {
      server.closeAllConnections()
      server.close()
    })
    const upAt = performance.now()
    await until(async () => (await listed().catch((): string[] => [])).includes('late'), 'the list', WITHIN_MS)
    t.diagnostic(`known after ${Math.round(performance.now() - upAt)} ms`)
    assert.ok(asked <= 2, `asked ${asked} times`)
  })
}
