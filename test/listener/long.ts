import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeKey } from '../gateway/gate.ts'
import { until } from '../gateway/upstream.ts'
import { startTestApp, type TestAppOptions } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'

/** As many models of one server as are taken, with ids of so many bytes: what a model has in the list at least. */
const MODELS = 10_000
const ID = 200

/** A Gatehouse whose list of models, which it sends in one piece, is longer than this, and a key for it. */
export async function startLong(bytes: number, options: TestAppOptions) {
  await using stack = new AsyncDisposableStack()
  const names = Array.from({ length: Math.ceil(bytes / MODELS / ID) }, (_, number) => `s${number}`)
  const server = createServer(({ url }, response) => {
    const id = (number: number) => `${url?.split('/')[1]}-${number}`.padEnd(ID, 'x')
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ data: Array.from({ length: MODELS }, (_, number) => ({ id: id(number) })) }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const upstreams = names.map((name) => [name, { url: `http://127.0.0.1:${port}/${name}/v1` }])
  const file = stack.use(await modelsFile([], { upstreams: Object.fromEntries(upstreams) }))
  const app = stack.use(await startTestApp({ ...options, env: { ...options.env, GATEHOUSE_CONFIG: file.path } }))
  const { key } = await makeKey(app)
  await until(async () => (await app.send('GET', '/v1/models', { key })).text.length > bytes, 'all lists')
  const rest = stack.move()
  return { app, key, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

export const get = (path: string, key: string) =>
  `GET ${path} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer ${key}\r\n\r\n`
