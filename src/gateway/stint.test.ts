import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Stint } from './stint.ts'
import { callBegins, callIsOver } from './turn.ts'

/** Does something and tells what of the rest had happened by then. */
async function happened(does: () => Promise<void>): Promise<string[]> {
  const seen: string[] = []
  setImmediate(() => seen.push('what came in'))
  const timer = setTimeout(() => seen.push('a millisecond later'), 1)
  await does()
  clearTimeout(timer)
  return seen
}

test('what has come in meanwhile has its turn, and as long as a call is under way there is a rest too', async () => {
  const stint = new Stint()
  assert.ok((await happened(() => stint.giveWay())).includes('what came in'))
  callBegins()
  try {
    assert.deepEqual((await happened(() => stint.giveWay())).toSorted(), ['a millisecond later', 'what came in'])
  } finally {
    callIsOver()
  }
})
