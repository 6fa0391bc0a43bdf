import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { KnownKey } from '../gateway/keys/known.ts'
import { Others } from './others.ts'
import type { FromThread } from './words.ts'

const known = (source: string): KnownKey => ({
  grant: {
    value: { keyId: 'key_1', ownerId: 'user-1', email: null, expiresAt: 0, closed: null, permissions: 0 },
    ageMs: 0,
  },
  rules: { value: { project: { organizationId: 'org-1', projectId: 'proj_1' }, source }, ageMs: 0 },
})

/** What one asks the others, and what was taken up of what they knew. */
function setUp() {
  const said: FromThread[] = []
  const others = new Others((message) => void said.push(message))
  const taken: string[] = []
  const ask = (hash: string, by = hash) =>
    others.ask(
      hash,
      () =>
        ({ rules }) =>
          void taken.push(`${by} ${rules.value.source}`),
    )
  return { others, said, taken, ask }
}

test('all that is asked in one turn of the loop is one message, and each key is asked about once', async () => {
  const { others, said, taken, ask } = setUp()
  const asked = [ask('a'), ask('b'), ask('a')]
  assert.deepEqual(said.splice(0), [])
  await turn()
  assert.deepEqual(said.splice(0), [{ what: 'who knows', hashes: ['a', 'b'] }])
  const later = ask('c')
  await turn()
  assert.deepEqual(said.splice(0), [{ what: 'who knows', hashes: ['c'] }])
  others.hear(['c'], new Map())
  await later
  others.hear(['a', 'b'], new Map([['b', known('B')]]))
  await Promise.all(asked)
  assert.deepEqual(taken, ['b B'])
})

test('who asks while a question is on its way has what whoever asked first may take up, and takes nothing up itself', async () => {
  const { others, said, taken, ask } = setUp()
  const asked = [ask('a', 'first')]
  await turn()
  asked.push(ask('a', 'second'))
  await turn()
  assert.equal(said.length, 1)
  others.hear(['a'], new Map([['a', known('A')]]))
  await Promise.all(asked)
  assert.deepEqual(taken, ['first A'])
})

test('no more than 64 keys are asked about at once; beyond, and for a second after nobody knew a key, nobody is said to know one', async () => {
  const { others, said, taken, ask } = setUp()
  const hashes = Array.from({ length: 64 }, (_, i) => `${i}`)
  const asked = hashes.map((hash) => ask(hash))
  await ask('one more')
  await turn()
  others.hear(hashes, new Map())
  await Promise.all(asked)
  await ask('0')
  const more = ask('one more')
  await turn()
  others.hear(['one more'], new Map([['one more', known('M')]]))
  await more
  assert.deepEqual(said, [
    { what: 'who knows', hashes },
    { what: 'who knows', hashes: ['one more'] },
  ])
  assert.deepEqual(taken, ['one more M'])
})
