import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { endsWithin, serve } from './gatehouse.ts'

test('a connection that is reset behind a CONNECT does not end the process', async () => {
  await using gatehouse = await serve({ env: { GATEHOUSE_DATABASE_URL: 'sqlite::memory:' } })
  const { hostname, port } = new URL(gatehouse.url)
  for (let i = 0; i < 40; i++) {
    const socket = connect({ host: hostname, port: Number(port) }).on('error', () => {})
    socket.write('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n')
    // The resets come at different moments of the answer.
    await sleep(i % 5)
    socket.resetAndDestroy()
  }
  assert.equal((await fetch(`${gatehouse.url}/healthz`)).status, 200)
  gatehouse.signal('SIGTERM')
  assert.equal((await endsWithin(gatehouse, 20_000)).code, 0)
})
