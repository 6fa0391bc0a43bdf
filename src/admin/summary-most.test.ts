import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { inBytes } from '../core/in-bytes.ts'
import type { Names, Weighed } from '../db/usage-summary.ts'
import { withMost } from './summary-most.ts'

const names = [
  '',
  'a',
  'ab',
  'b',
  'z\uffff',
  '\ue000',
  '\u{1f600}',
  ...Array.from({ length: 30 }, (_, i) => `key_${i}`),
]
const BILLION = 1_000_000_000
const one = fc.record({
  name: fc.constantFrom(...names),
  billions: fc.nat({ max: 2 }),
  beyond: fc.constantFrom(0, 1, BILLION - 1),
})
/** Slices of pieces. */
const given = fc.array(fc.array(fc.array(one, { maxLength: 12 }), { maxLength: 4 }), { maxLength: 8 })

/** As a database gives them: it is asked at the beginning of a slice which names are wanted. */
async function* piecesOf(slices: readonly Weighed[][][], names: () => Names) {
  for (const slice of slices) {
    const { after, through } = names()
    const wanted = ({ name }: Weighed) =>
      (after === null || inBytes(name, after) > 0) && (through === null || inBytes(name, through) <= 0)
    for (const piece of slice) yield piece.filter(wanted)
  }
}

function expected(slices: readonly Weighed[][][], most: number): string[] {
  const sums = new Map<string, bigint>()
  for (const { name, billions, beyond } of slices.flat(2)) {
    sums.set(name, (sums.get(name) ?? 0n) + BigInt(billions) * BigInt(BILLION) + BigInt(beyond))
  }
  const ranked = [...sums].sort(([one, a], [other, b]) => (a === b ? inBytes(one, other) : a < b ? 1 : -1))
  return ranked.slice(0, most).map(([name]) => name)
}

test('who has the most is exact, to the last nano-dollar and name, however few names are held at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      given,
      fc.integer({ min: 1, max: 25 }),
      fc.integer({ min: 1, max: 40 }),
      async (slices, most, held) => {
        const found = await withMost(most, held, (names) => piecesOf(slices, names))
        assert.deepEqual(found, expected(slices, most))
      },
    ),
    { numRuns: 500 },
  )
})

test('no more names are held than may be, also where several look at once, and none is left out', async () => {
  const slices = Array.from({ length: 20 }, (_, slice): Weighed[][] => [
    Array.from({ length: 500 }, (_, i) => ({ name: `key_${(slice * 500 + i) % 4999}`, billions: 0, beyond: i % 7 })),
  ])
  let passes = 0
  const look = () =>
    withMost(20, 2000, (names) => {
      passes++
      return piecesOf(slices, names)
    })
  assert.deepEqual(await look(), expected(slices, 20))
  const alone = passes
  assert.ok(alone >= 3, `${alone} passes`)
  passes = 0
  assert.deepEqual(await Promise.all([look(), look()]), [expected(slices, 20), expected(slices, 20)])
  assert.ok(passes > 2 * alone, `${passes} passes of two, ${alone} of one`)
  passes = 0
  await look()
  assert.equal(passes, alone)
  await assert.rejects(
    withMost(1, 1, () => failing()),
    /left/,
  )
  passes = 0
  await look()
  assert.equal(passes, alone)
})

async function* failing(): AsyncGenerator<Weighed[]> {
  yield []
  throw new Error('left')
}
