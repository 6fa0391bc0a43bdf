import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Scratch } from '../support/scratch.ts'
import { taken } from './guide.ts'
import { addStreams } from './streams.ts'

const [MOST_LINES, MOST_FILES] = [60, 8]
const RULE = 'src/gateway/rules/streaming.ts'
const shows = ['test/gateway/settings.test.ts', 'test/gateway/rules.test.ts']

describe('a rule of a project that is added as CONTRIBUTING.md says', () => {
  let tree: Scratch
  before(async () => {
    tree = new Scratch()
    await addStreams(tree)
  })
  after(() => tree[Symbol.dispose]())

  test(`takes at most ${MOST_FILES} files, those that the guide names, and under ${MOST_LINES} lines of src/`, (t) => {
    const { lines, files } = taken(tree, 'Add a rule')
    t.diagnostic(`${lines} lines of src/, ${files} files`)
    assert.ok(lines < MOST_LINES, `${lines} lines`)
    assert.ok(files <= MOST_FILES, `${files} files`)
  })

  test('compiles, changes a request and changes it back, for calls seen and unseen', async () => {
    assert.deepEqual(await tree.objections(), [])
    const { passed, failed, output } = await tree.test(shows, 'streams are forbidden|streaming, for')
    assert.deepEqual(failed, [], output)
    for (const name of [
      'streams are forbidden',
      'streaming, for a request that comes',
      'streaming, for a request whose body',
    ])
      assert.ok(
        passed.some((one) => one.startsWith(name)),
        `${name}\n${output}`,
      )
  })

  test('does not compile where it forgets calls whose body is not shown, or where a stored setting has no rule', async () => {
    {
      using _ = tree.replace(RULE, 'unseen(allowed', 'forgotten(allowed')
      assert.match(
        (await tree.objections()).join('\n'),
        /^src\/gateway\/rules\/streaming\.ts.*\n(?: .*\n)*.*'unseen' is missing|forgotten/m,
      )
    }
    using _ = tree.replace('src/gateway/rules/index.ts', '  streaming,\n', '')
    const objections = (await tree.objections()).join('\n')
    assert.match(objections, /^src\/gateway\/rules\/index\.ts.*/m)
    assert.match(objections, /stored, and read by no rule|project\.streaming_disabled_at/)
  })

  test('fails a test by name where its enforcement is taken out, or no row shows it', async () => {
    {
      using _ = tree.replace(RULE, "if (allowed || body.kind !== 'json') return", 'if (body.kind) return')
      const { failed } = await tree.test([shows[0] ?? ''], 'streams are forbidden')
      assert.ok(
        failed.some((one) => one.startsWith('streams are forbidden')),
        failed.join('\n'),
      )
    }
    using _ = tree.replace('test/gateway/settings/policy.ts', "    rule: 'streaming',\n", '')
    const { failed, output } = await tree.test([shows[1] ?? ''], 'streaming, for')
    assert.ok(failed.some((one) => one.startsWith('streaming, for')))
    assert.match(output, /0 rows of the settings show the rule 'streaming'/)
  })
})
