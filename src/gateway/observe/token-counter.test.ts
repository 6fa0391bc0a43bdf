import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { estimate, TokenCounter, type TokenCounterOptions } from './token-counter.ts'

const counting = (options?: TokenCounterOptions) => {
  const counter = new TokenCounter(options)
  return Object.assign(counter, { [Symbol.dispose]: () => counter.close() })
}
const script = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`)

describe('tokens are counted off the thread that serves calls', () => {
  test('nothing runs before the first need, and nothing to count is no need', async () => {
    using counter = counting()
    assert.equal(await counter.count([], 'proj_1'), 0)
    assert.equal(await counter.count(['', ''], 'proj_1'), 0)
    assert.equal(counter.running, false)
    assert.equal(await counter.count(['one two three', ' four'], 'proj_1'), 4)
    assert.equal(counter.running, true)
  })

  test('control tokens in a text are text, and half a character is no error', async () => {
    using counter = counting()
    assert.ok((await counter.count(['<|endoftext|><|im_start|>'], 'proj_1')) > 2)
    assert.ok((await counter.count(['\ud83d', '😀'.repeat(2500)], 'proj_1')) > 1000)
  })

  test('80,000 characters without a space, which take 12 seconds at once, are counted in slices', async () => {
    using counter = counting()
    const text = '的'.repeat(80_000)
    const tokens = await counter.count([text], 'proj_1')
    assert.ok(tokens > 0 && tokens <= 2 * text.length)
  })

  test('many counts at once each get their own answer', async () => {
    using counter = counting()
    const texts = Array.from({ length: 50 }, (_, i) => 'one '.repeat(i).trim())
    const counted = await Promise.all(texts.map((text) => counter.count([text], 'proj_1')))
    assert.deepEqual(counted, [...texts.keys()])
  })

  test('the worker ends when it has been idle, and another one comes with the next need', async () => {
    using counter = counting({ idleMs: 1 })
    assert.equal(await counter.count(['one two'], 'proj_1'), 2)
    while (counter.running) await turn()
    assert.equal(await counter.count(['one two'], 'proj_1'), 2)
  })
})

describe('what a closed counter had is taken over', () => {
  /** Says of each text in which thread it is, and of one text nothing. */
  const where = (name: string) =>
    script(`
      // ${name}
      import { parentPort, threadId } from 'node:worker_threads'
      parentPort.on('message', ({ id, texts: [text] }) => {
        if (text !== 'nothing') parentPort.postMessage({ id, tokens: threadId })
      })
    `)
  const once = async (script: URL) => {
    using counter = counting({ script })
    return await counter.count(['x'], 'proj_1')
  }

  test('the next counter has the thread, two at once have one each', async () => {
    const script = where('one after another')
    const thread = await once(script)
    assert.equal(await once(script), thread)
    using first = counting({ script })
    using second = counting({ script })
    const [one, other] = await Promise.all([first.count(['x'], 'proj_1'), second.count(['x'], 'proj_1')])
    assert.equal(one, thread)
    assert.notEqual(other, thread)
  })

  test('a thread that is at work when its counter is closed is none for the next', async () => {
    const script = where('at work')
    const thread = await once(script)
    const counter = counting({ script })
    const waiting = counter.count(['nothing'], 'proj_1')
    counter.close()
    assert.equal(await waiting, estimate(['nothing']))
    assert.notEqual(await once(script), thread)
  })

  test('a thread that nobody takes ends when it has been idle', async () => {
    const script = where('idle')
    const counter = counting({ script, idleMs: 1 })
    const thread = await counter.count(['x'], 'proj_1')
    counter.close()
    await sleep(50)
    assert.notEqual(await once(script), thread)
  })
})

describe('where counting fails there is an estimate', () => {
  const text = 'a text of twenty-six letters'
  const estimated = estimate([text])

  test('a worker that does not answer in time', async () => {
    using counter = counting({ timeoutMs: 20, script: script('setInterval(() => {}, 1000)') })
    assert.deepEqual(await Promise.all([counter.count([text], 'proj_1'), counter.count([text], 'proj_1')]), [
      estimated,
      estimated,
    ])
    assert.equal(counter.running, false)
  })

  test('a worker that dies, or that cannot be started', async () => {
    for (const code of ['throw new Error("no")', 'process.exit(1)', 'syntax error']) {
      using counter = counting({ script: script(code) })
      assert.equal(await counter.count([text], 'proj_1'), estimated, code)
      assert.equal(await counter.count([text], 'proj_1'), estimated, code)
      assert.equal(counter.estimated, 2)
    }
  })

  test('a counter that was closed, before or meanwhile', async () => {
    using counter = counting()
    const waiting = counter.count([text], 'proj_1')
    counter.close()
    assert.equal(await waiting, estimated)
    assert.equal(await counter.count([text], 'proj_1'), estimated)
  })

  test('more waiting of a project than its share: what is in it is counted, and others have theirs', async () => {
    using counter = counting({ script: script('setInterval(() => {}, 1000)') })
    const waiting = counter.count(['x'.repeat(1_500_000), 'x'.repeat(1_500_000)], 'proj_1')
    assert.equal(counter.estimated, 1)
    assert.equal(await counter.count([text], 'proj_1'), estimated)
    const others = counter.count([text], 'proj_2')
    const most = ['3', '4', '5'].map((n) => counter.count(['x'.repeat(2_000_000)], `proj_${n}`))
    assert.equal(counter.estimated, 3)
    // All that can wait does.
    assert.equal(await counter.count([text], 'proj_6'), estimated)
    counter.close()
    assert.deepEqual(await Promise.all([waiting, others]), [750_000, estimated])
    assert.deepEqual(await Promise.all(most), [500_000, 500_000, 500_000])
  })
})

describe('projects are counted for in turn', () => {
  /** Says of each text how many were counted before it. */
  const inOrder = script(`
    import { parentPort } from 'node:worker_threads'
    let before = 0
    parentPort.on('message', ({ id }) => parentPort.postMessage({ id, tokens: before++ }))
  `)
  const long = 'x'.repeat(100_000)

  test('whoever has much counted holds up nobody else by more than two of its texts', async () => {
    using counter = counting({ timeoutMs: 600_000, script: inOrder })
    const many = Array.from({ length: 10 }, () => counter.count([long], 'proj_1'))
    const few = ['proj_2', 'proj_3'].map((of) => counter.count(['x'], of))
    const more = counter.count(['x'], 'proj_2')
    assert.deepEqual(await Promise.all([...few, more]), [2, 3, 5])
    assert.deepEqual(await Promise.all(many), [0, 1, 4, 6, 7, 8, 9, 10, 11, 12])
  })

  test('a worker that is late with a text is late with nothing that it does not have yet', async (t) => {
    const hangs = script(`
      import { parentPort } from 'node:worker_threads'
      parentPort.on('message', ({ id, texts: [text] }) => {
        if (text === 'x') parentPort.postMessage({ id, tokens: 7 })
      })
    `)
    t.mock.timers.enable({ apis: ['setTimeout'] })
    using counter = counting({ script: hangs })
    const late = counter.count([long], 'proj_1')
    t.mock.timers.tick(5000)
    const other = counter.count(['x'], 'proj_2')
    t.mock.timers.tick(5000)
    assert.equal(await late, 25_000)
    assert.equal(await other, 7)
    assert.equal(counter.estimated, 1)
  })

  test('nothing waits longer than that, be it counted or in its line', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    using counter = counting({ timeoutMs: 10_000, script: script('setInterval(() => {}, 1000)') })
    const first = counter.count([long], 'proj_1')
    const second = counter.count(['xxxx'], 'proj_1')
    t.mock.timers.tick(10_000)
    assert.deepEqual(await Promise.all([first, second]), [25_000, 1])
    assert.equal(counter.estimated, 2)
  })
})
