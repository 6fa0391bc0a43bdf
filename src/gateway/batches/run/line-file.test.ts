import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LineAt, LineFile } from './line-file.ts'
import { LineSet } from './line-set.ts'
import { LineMemory } from './memory.ts'

/** A file of this, and how much of it was read at once at most. */
function fileOf(text: string) {
  const bytes = Buffer.from(text)
  let most = 0
  const file = new LineFile(async (at, length) => {
    most = Math.max(most, length)
    return bytes.subarray(at, at + length)
  })
  return { file, most: () => most }
}

test('lines of any length are found, taken in any order, and not held: what nothing ends is none', async () => {
  const lengths = [0, 1, 65_535, 65_536, 65_537, 200_000, 10, 0, 131_071]
  const lines = lengths.map((length, i) => String(i).repeat(length).slice(0, length))
  const { file, most } = fileOf(`${lines.join('\n')}\nno end`)
  const found: LineAt[] = []
  for (let line = await file.next(); line !== null; line = await file.next()) found.push(line)
  assert.deepEqual(
    found.map(({ number, bytes }) => [number, bytes]),
    lengths.map((length, i) => [i + 1, length + 1]),
  )
  assert.equal(most(), 65_536)
  assert.equal(await file.next(), null)
  file.rest()
  using hold = await new LineMemory(1, new AbortController().signal).begin(1)
  for (const line of found.toReversed()) assert.equal((await file.take(line, hold)).toString(), lines[line.number - 1])
})

test('a file that cannot be read now is read on where it was', async () => {
  const bytes = Buffer.from('a\nb\n')
  let fails = true
  const file = new LineFile(async (at, length) => {
    if (fails) throw new Error('not now')
    return bytes.subarray(at, at + length)
  })
  await assert.rejects(file.next(), /not now/)
  fails = false
  assert.deepEqual(await file.next(), { number: 1, at: 0, bytes: 2 })
  file.rest()
  assert.deepEqual(await file.next(), { number: 2, at: 2, bytes: 2 })
})

test('numbers of lines are remembered, those beyond what was expected too', () => {
  const lines = new LineSet(10)
  const some = [1, 7, 8, 10, 11, 500, 50_000]
  for (const line of some) lines.add(line)
  const has = Array.from({ length: 50_001 }, (_, i) => i).filter((i) => lines.has(i))
  assert.deepEqual(has, some)
  assert.equal(lines.has(1_000_000), false)
})
