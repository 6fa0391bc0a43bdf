import assert from 'node:assert/strict'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { UnderWay } from './under-way.ts'

const reply = () => new ServerResponse(new IncomingMessage(new Socket()))
const tooMany = { code: 'service_unavailable', status: 503 }

test('of one organization so many are under way, altogether twice as many, and each that ends makes room', () => {
  const all = new UnderWay()
  const replies = Array.from({ length: 16 }, () => reply())
  for (const one of replies) all.begin('org-a', one)
  assert.throws(() => all.begin('org-a', reply()), tooMany)
  for (let i = 0; i < 16; i++) all.begin(`org-b${i}`, reply())
  assert.throws(() => all.begin('org-c', reply()), tooMany)
  replies[0]?.emit('close')
  all.begin('org-c', reply())
  assert.throws(() => all.begin('org-a', reply()), tooMany)
  for (const one of replies.slice(1)) one.emit('close')
  for (let i = 0; i < 15; i++) all.begin('org-a', reply())
  assert.throws(() => all.begin('org-a', reply()), tooMany)
})

test('reads take turns, two at once, in the order in which they were asked for, also after one that fails', async () => {
  const all = new UnderWay()
  const begun: number[] = []
  const works = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
  const ended = works.map(({ promise }, i) =>
    all.begin(
      'org-a',
      reply(),
    )(() => {
      begun.push(i)
      return promise
    }),
  )
  await null
  assert.deepEqual(begun, [0, 1])
  works[1]?.reject(new Error('broken'))
  await assert.rejects(async () => ended[1], /broken/)
  await null
  assert.deepEqual(begun, [0, 1, 2])
  for (const { resolve } of works) resolve()
  await Promise.all(ended.filter((_, i) => i !== 1))
  assert.deepEqual(begun, [0, 1, 2, 3, 4])
})

test('nothing is read for a client that has gone, whether it waited or came too late', async () => {
  const all = new UnderWay()
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const running = [first, second].map(({ promise }) => all.begin('org-a', reply())(() => promise))
  const gone = reply()
  let isRead = false
  const read = async () => {
    isRead = true
  }
  const waiting = all.begin('org-a', gone)(read)
  gone.destroy()
  const late = reply()
  late.destroy()
  first.resolve()
  await assert.rejects(waiting, { status: 400 })
  await assert.rejects(all.begin('org-a', late)(read), { status: 400 })
  assert.equal(isRead, false)
  second.resolve()
  await Promise.all(running)
})
