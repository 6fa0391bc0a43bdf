import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

/**
 * The least that stands between a client and a model server: node:http in front, undici behind, every header and byte as
 * it is. It knows no keys, refuses nothing and cancels nothing; what the gateway costs above it is the gateway's own.
 */
const pool = new Pool(process.argv[2] ?? '', { connections: null })

const server = createServer((request, response) => {
  const { host: _host, connection: _connection, ...headers } = request.headers
  pool.dispatch(
    { method: 'POST', path: request.url ?? '/', headers, body: request },
    {
      onRequestStart() {},
      onResponseStart(_controller, status, replied) {
        response.writeHead(status, replied)
      },
      onResponseData(_controller, chunk) {
        response.write(chunk)
      },
      onResponseEnd() {
        response.end()
      },
      onResponseError() {
        response.destroy()
      },
    },
  )
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
