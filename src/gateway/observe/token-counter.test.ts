import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { estimate, TokenCounter, type TokenCounterOptions } from './token-counter.ts'

const counting = (options?: TokenCounterOptions) => {
  const counter = new TokenCounter(options)
  return Object.assign(counter, { [Symbol.dispose]: () => counter.close() })
}
const script = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`)

describe('tokens are counted off the thread that serves calls', () => {
  test('nothing runs before the first need, and nothing to count is no need', async () => {
    using counter = counting()
    assert.equal(await counter.count([]), 0)
    assert.equal(await counter.count(['', '']), 0)
    assert.equal(counter.running, false)
    assert.equal(await counter.count(['one two three', ' four']), 4)
    assert.equal(counter.running, true)
  })

  test('control tokens in a text are text, and half a character is no error', async () => {
    using counter = counting()
    assert.ok((await counter.count(['<|endoftext|><|im_start|>'])) > 2)
    assert.ok((await counter.count(['\ud83d', '😀'.repeat(2500)])) > 1000)
  })

  test('80,000 characters without a space, which take 12 seconds at once, are counted in slices', async () => {
    using counter = counting()
    const text = '的'.repeat(80_000)
    const tokens = await counter.count([text])
    assert.ok(tokens > 0 && tokens <= 2 * text.length)
  })

  test('many counts at once each get their own answer', async () => {
    using counter = counting()
    const texts = Array.from({ length: 50 }, (_, i) => 'one '.repeat(i).trim())
    const counted = await Promise.all(texts.map((text) => counter.count([text])))
    assert.deepEqual(counted, [...texts.keys()])
  })

  test('the worker ends when it has been idle, and another one comes with the next need', async () => {
    using counter = counting({ idleMs: 1 })
    assert.equal(await counter.count(['one two']), 2)
    while (counter.running) await turn()
    assert.equal(await counter.count(['one two']), 2)
  })
})

describe('where counting fails there is an estimate', () => {
  const text = 'a text of twenty-six letters'
  const estimated = estimate([text])

  test('a worker that does not answer in time', async () => {
    using counter = counting({ timeoutMs: 20, script: script('setInterval(() => {}, 1000)') })
    assert.deepEqual(await Promise.all([counter.count([text]), counter.count([text])]), [estimated, estimated])
    assert.equal(counter.running, false)
  })

  test('a worker that dies, or that cannot be started', async () => {
    for (const code of ['throw new Error("no")', 'process.exit(1)', 'syntax error']) {
      using counter = counting({ script: script(code) })
      assert.equal(await counter.count([text]), estimated, code)
      assert.equal(await counter.count([text]), estimated, code)
      assert.equal(counter.estimated, 2)
    }
  })

  test('a counter that was closed, before or meanwhile', async () => {
    using counter = counting()
    const waiting = counter.count([text])
    counter.close()
    assert.equal(await waiting, estimated)
    assert.equal(await counter.count([text]), estimated)
  })

  test('more waiting than can be counted soon', async () => {
    using counter = counting({ script: script('setInterval(() => {}, 1000)') })
    const waiting = counter.count(['x'.repeat(8_000_000)])
    assert.equal(await counter.count([text]), estimated)
    counter.close()
    assert.equal(await waiting, 2_000_000)
  })
})
