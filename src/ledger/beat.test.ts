import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Beat, type Writer } from './beat.ts'

mock.timers.enable({ apis: ['setInterval'] })

/** A beat whose writers note in `asked` that they were asked. */
function startBeat() {
  const asked: string[] = []
  const logged: string[] = []
  const to = (_fields: object, message: string) => void logged.push(message)
  const beat = new Beat({ info: to, warn: to })
  return {
    beat,
    asked,
    logged,
    add(what: string, more: Partial<Writer> & { work?: () => Promise<void> | void } = {}) {
      const { work, ...others } = more
      const writer = {
        ...{ what, kept: true, waiting: true },
        ...others,
        async write() {
          asked.push(what)
          await work?.()
        },
      }
      beat.add(writer)
      return writer
    },
    /** So many beats, one after the other. @returns who was asked in them */
    async beats(count = 1) {
      asked.length = 0
      for (let i = 0; i < count; i++) {
        mock.timers.tick(500)
        for (let steps = 0; steps < 10; steps++) await turn()
      }
      return asked.join(' ')
    },
  }
}

const stuck = () => new Promise<void>(() => {})
const fails = () => assert.fail('the database is away')

test('all are asked in turn while anybody waits, the kept ones first; then no timer runs until somebody wakes it', async () => {
  const given = startBeat()
  const rest = given.add('rest', { kept: false })
  const usage = given.add('usage', { waiting: false })
  given.add('owners', { waiting: false })
  assert.equal(await given.beats(), '')
  given.beat.wake()
  assert.equal(await given.beats(), 'usage owners rest')
  rest.waiting = false
  assert.equal(await given.beats(3), '')
  usage.waiting = true
  assert.equal(await given.beats(), '')
  given.beat.wake()
  assert.equal(await given.beats(), 'usage owners rest')
})

test('one with a period of its own is asked when it is over', async () => {
  const given = startBeat()
  given.add('usage')
  given.add('uses', { kept: false, everyMs: 2000 })
  given.beat.wake()
  assert.equal(await given.beats(3), 'usage usage usage')
  assert.equal(await given.beats(1), 'usage uses')
  assert.equal(await given.beats(4), 'usage usage usage usage uses')
})

test('where the first cannot write those whose word is kept are not asked, the rest are; one that fails later, or is stuck, holds up nobody', async (t) => {
  const now = performance.now()
  const clock = t.mock.method(performance, 'now', () => now)
  const given = startBeat()
  let isAway = true
  given.add('usage', { work: () => void (isAway && fails()) })
  given.add('owners', { work: fails })
  given.add('levels')
  given.add('uses', { kept: false, work: stuck })
  given.beat.wake()
  assert.equal(await given.beats(), 'usage uses')
  // A pause after the failure.
  assert.equal(await given.beats(), '')
  isAway = false
  clock.mock.mockImplementation(() => now + 500)
  assert.equal(await given.beats(), 'usage owners levels')
  assert.equal(await given.beats(), 'usage levels')
  assert.deepEqual(given.logged, [
    'usage could not be written; it is kept and tried again',
    'usage can be written again',
    'owners could not be written; it is kept and tried again',
  ])
})

test('who is urged is asked out of turn, once for all that came in one step', async () => {
  const given = startBeat()
  given.add('usage', { work: stuck })
  const refusals = given.add('refusals', { kept: false })
  given.beat.wake()
  assert.equal(await given.beats(), 'usage')
  for (let i = 0; i < 3; i++) given.beat.urge(refusals)
  assert.deepEqual(given.asked, ['usage'])
  await turn()
  assert.deepEqual(given.asked, ['usage', 'refusals'])
})

test('the end asks what is kept until it is written, the rest once, and waits for a stuck one two seconds at most', async () => {
  const given = startBeat()
  let failures = 3
  const usage = given.add('usage', {
    work() {
      if (failures-- > 0) fails()
      usage.waiting = false
    },
  })
  given.add('refusals', { kept: false, work: fails })
  given.add('uses', { kept: false, work: stuck })
  given.beat.wake()
  const begun = performance.now()
  await given.beat.close()
  const took = performance.now() - begun
  assert.deepEqual(given.asked, ['usage', 'usage', 'usage', 'usage', 'refusals', 'uses'])
  assert.ok(took >= 1900, `${took} ms`)
  given.beat.wake()
  assert.equal(await given.beats(), '')
})
