import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { callBegins, callIsOver, sendAtTurnsEnd, sendInTurn } from './turn.ts'

test('what is to be sent in a turn is sent behind all that happens in it, in its order', async () => {
  const sent: string[] = []
  sendInTurn({ send: () => sent.push('first') })
  await null
  sendInTurn({ send: () => sent.push('second') })
  process.nextTick(() => sendInTurn({ send: () => sent.push('third') }))
  await null
  assert.deepEqual(sent, [])
  await nextTurn()
  assert.deepEqual(sent, ['first', 'second', 'third'])
})

test('what is to be sent because something was sent has the next turn', async () => {
  const sent: string[] = []
  const again = { send: () => sent.push('again') }
  const first = { send: () => sent.push('first') && sendInTurn(again) }
  sendInTurn(first)
  sendInTurn({ send: () => sent.push('second') })
  await nextTurn()
  assert.deepEqual(sent, ['first', 'second'])
  await nextTurn()
  assert.deepEqual(sent, ['first', 'second', 'again'])
})

test('what a call sends that is alone is sent at once, and never before what waits already', async () => {
  const sent: string[] = []
  const send = (what: string) => sendInTurn({ send: () => sent.push(what) })
  callBegins()
  send('alone')
  assert.deepEqual(sent.splice(0), ['alone'])
  callBegins()
  send('one of two')
  callIsOver()
  send('the one that is left')
  assert.deepEqual(sent, [])
  await nextTurn()
  assert.deepEqual(sent.splice(0), ['one of two', 'the one that is left'])
  send('alone again')
  assert.deepEqual(sent.splice(0), ['alone again'])
  callIsOver()
  send('of no call')
  assert.deepEqual(sent, [])
  await nextTurn()
  assert.deepEqual(sent, ['of no call'])
})

test('what answers at once is sent together with what answers in the same turn, though each is alone when it does', async () => {
  const sent: string[] = []
  for (const what of ['first', 'second']) {
    callBegins()
    sendAtTurnsEnd({ send: () => sent.push(what) })
    callIsOver()
  }
  assert.deepEqual(sent, [])
  await nextTurn()
  assert.deepEqual(sent, ['first', 'second'])
})
