import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { test } from 'node:test'
import { startReceiver } from '../../test/gateway/webhooks/receiver.ts'
import { type PostParts, post } from './post.ts'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
const never = new AbortController().signal
const sent = (url: string) => ({ url, headers: { 'webhook-id': 'wh_1' }, body: '{}' })
const parts = (answers: readonly (readonly string[])[], networks: BlockList | null = loopback): PostParts => {
  let asked = 0
  return { networks, timeoutMs: 2000, resolve: async () => [...(answers[asked++] ?? assert.fail('asked again'))] }
}

test('a name is looked up once, and what is connected to is what was looked at, whatever it leads to then', async () => {
  await using receiver = await startReceiver()
  // A name that leads to a public address when it is looked at, and home when it is connected to, would be asked for twice.
  assert.equal(await post(sent(`${receiver.named}/x`), parts([['127.0.0.1']]), never), 200)
  assert.equal(receiver.delivered.length, 1)
  assert.match(String(receiver.delivered[0]?.headers.host), /^localhost:\d+$/)
  // The system would have it lead here.
  const elsewhere = post(sent(`${receiver.named}/x`), { ...parts([['192.0.2.1']], null) }, never)
  await assert.rejects(elsewhere, /not public/)
  assert.equal(receiver.delivered.length, 1)
})

test('of a name with one address that may not be called none is called', async () => {
  await using receiver = await startReceiver()
  for (const answers of [['8.8.8.8', '127.0.0.1'], ['127.0.0.1', '::1'], ['169.254.169.254'], ['::ffff:127.0.0.1'], []])
    await assert.rejects(post(sent(`${receiver.named}/x`), parts([answers], null), never), /not public/)
  await assert.rejects(post(sent(`${receiver.url}/x`), parts([], null), never), /not public/)
  assert.equal(receiver.delivered.length, 0)
})

test('who is asked for a name and says nothing, or takes a connection and says nothing, is not waited for', async () => {
  await using receiver = await startReceiver()
  receiver.answer('/held', () => {})
  const patient = { ...parts([]), timeoutMs: 100 }
  const silent = { ...patient, resolve: (_: string, signal: AbortSignal) => hanging(signal) }
  await assert.rejects(post(sent(`${receiver.named}/x`), silent, never), /no answer within 0.1 seconds/)
  await assert.rejects(post(sent(`${receiver.url}/held`), patient, never), /no answer within 0.1 seconds/)
  const stop = new AbortController()
  const stopped = post(sent(`${receiver.url}/held`), parts([]), stop.signal)
  await receiver.received(1)
  stop.abort()
  await assert.rejects(stopped)
})

test('a head without end is cut off', async () => {
  await using receiver = await startReceiver()
  receiver.answer('/x', ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    for (let i = 0; i < 100; i++) socket.write(`x-${i}: ${'x'.repeat(1000)}\r\n`)
  })
  await assert.rejects(post(sent(`${receiver.url}/x`), parts([]), never), { code: 'HPE_HEADER_OVERFLOW' })
})

const hanging = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
