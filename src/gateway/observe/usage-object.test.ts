import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readUsage, usedIn } from './usage-object.ts'

const amounts = [
  undefined,
  null,
  0,
  1,
  7.5,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.MAX_SAFE_INTEGER,
  1e300,
  '3',
  true,
  {},
  [5],
]
const names = ['prompt_tokens', 'input_tokens', 'completion_tokens', 'output_tokens']

/** Every amount under every name, alone and beside each amount under each other one; and what is no object. */
const objects: unknown[] = [undefined, null, 0, 'usage', [], {}]
for (const name of names) {
  for (const amount of amounts) {
    for (const beside of names) for (const other of amounts) objects.push({ [beside]: other, [name]: amount })
  }
}

test('whether a reply reports its use is said as its use is read', () => {
  const seen = new Set<string>()
  for (const value of objects) {
    const { prompt, input, output } = readUsage(value)
    const read = { readsInput: (prompt ?? 0) > 0 || (input ?? 0) > 0, saysOutput: (output ?? 0) > 0 }
    assert.deepEqual(usedIn(value), read, JSON.stringify(value))
    seen.add(JSON.stringify(read))
  }
  assert.equal(seen.size, 4)
})
