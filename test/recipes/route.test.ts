import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Scratch } from '../support/scratch.ts'
import { taken } from './guide.ts'

const FILE = 'src/gateway/routes/completions.ts'

/** A route as somebody adds it who follows "Add a route" in CONTRIBUTING.md. */
const guess = `  'guesses.create': {
    ...ask,
    path: '/v1/guesses',
    body: { ...plainJson, fields: new Set(['model', 'input']) },
    reply: watches.input,
    charges: charged.input,
    report: { kind: 'embeddings', lineItems: 'tokens' },
    check: 'with_body',
  },
`

describe('a route that is added as CONTRIBUTING.md says', () => {
  let tree: Scratch
  before(async () => {
    tree = new Scratch()
    tree.replace(FILE, "  'embeddings.create': {", `${guess}  'embeddings.create': {`)
    await tree.format()
  })
  after(() => tree[Symbol.dispose]())

  test('is one declaration', (t) => {
    const { lines, files } = taken(tree, 'Add a route')
    t.diagnostic(`${lines} lines of src/, ${files} file`)
    assert.deepEqual([lines <= guess.split('\n').length, files], [true, 1])
  })

  test('compiles, and does what it declares', async () => {
    assert.deepEqual(await tree.objections(), [])
    const { passed, failed, output } = await tree.test(['test/gateway/declared.test.ts'], 'guesses\\.create')
    assert.deepEqual(failed, [], output)
    const about = passed.filter((name) => name.startsWith('guesses.create'))
    assert.ok(about.length >= 7, about.join('\n'))
    for (const what of ['needs a key', 'passes on', 'is metered in embeddings', 'limited in tokens', 'with body'])
      assert.ok(
        about.some((name) => name.includes(what)),
        what,
      )
  })

  test('does not compile by halves', async () => {
    // Each fact that a declaration may forget, and one that nobody knows.
    const halves: [from: string, to: string, names: RegExp][] = [
      [
        "    report: { kind: 'embeddings', lineItems: 'tokens' },\n    check: 'with_body',\n",
        "    check: 'with_body',\n",
        /report/,
      ],
      [
        "    reply: watches.input,\n    charges: charged.input,\n    report: { kind: 'embeddings', lineItems: 'tokens' },\n    check",
        "    charges: charged.input,\n    report: { kind: 'embeddings', lineItems: 'tokens' },\n    check",
        /reply/,
      ],
      [
        "    report: { kind: 'embeddings', lineItems: 'tokens' },\n    check",
        "    report: { kind: 'of_nobody', lineItems: 'tokens' },\n    check",
        /of_nobody/,
      ],
      ["    check: 'with_body',\n", "    check: 'with_body',\n    usage: 'completions',\n", /usage/],
    ]
    for (const [from, to, names] of halves) {
      using _ = tree.replace(FILE, from, to)
      const objections = (await tree.objections(FILE)).join('\n')
      assert.match(objections, new RegExp(`^${FILE}`, 'm'), `compiles: ${to}`)
      assert.match(objections, names)
    }
  })
})
