import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Scratch } from '../support/scratch.ts'
import { taken } from './guide.ts'
import { addStreams } from './streams.ts'

const [MOST_LINES, MOST_FILES] = [60, 9]
const RULE = 'src/gateway/rules/streaming.ts'
const COLUMN = 'project.streaming_disabled_at'
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
    const { passed, failed, output } = await tree.test(shows, 'streams are forbidden|streaming_disabled_at')
    assert.deepEqual(failed, [], output)
    // Every rule's row, as they are made in one test; on one database, for the settings above were on both.
    const lines = await tree.test(['test/gateway/messages/settings.test.ts'], '^sqlite: .* the next message')
    assert.deepEqual(lines.failed, [], lines.output)
    assert.ok(
      lines.passed.some((one) => one.startsWith('streams are forbidden')),
      lines.output,
    )
    for (const name of [
      'streams are forbidden',
      `${COLUMN}, where its rule enforces nothing`,
      `${COLUMN}, where its rule does not read it`,
      `${COLUMN}, for a request whose body nobody has shown`,
    ])
      assert.ok(
        passed.some((one) => one.startsWith(name)),
        `${name}\n${output}`,
      )
  })

  test('leaves all else as it was: the document, the resource that it is set by, the tables', async () => {
    const files = [
      'test/openapi/openapi',
      'test/openapi/replies',
      'src/admin/service-tier-settings',
      'test/storage/migrations',
    ]
    // Of migrations, what is made by all of them: how one fails or waits is not a matter of which there are.
    const { passed, failed, output } = await tree.test(
      files.map((file) => `${file}.test.ts`),
      'openapi\\.json|published form|service tier settings|gets every table',
    )
    assert.deepEqual(failed, [], output)
    for (const name of [
      '/openapi.json describes every operation',
      'every reply,',
      'an omitted field keeps its value',
      'an empty database gets every table',
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
        (await tree.objections(RULE)).join('\n'),
        /^src\/gateway\/rules\/streaming\.ts.*\n(?: .*\n)*.*'unseen' is missing|forgotten/m,
      )
    }
    const rules = 'src/gateway/rules/index.ts'
    using _ = tree.replace(rules, '  streaming,\n', '')
    const objections = (await tree.objections(rules)).join('\n')
    assert.match(objections, /^src\/gateway\/rules\/index\.ts.*/m)
    assert.match(objections, /stored, and read by no rule|project\.streaming_disabled_at/)
  })

  test('fails a test by name where its enforcement is taken out, or no row shows it', async () => {
    {
      using _ = tree.replace(RULE, "if (allowed || body.kind !== 'json') return", 'if (body.kind) return')
      const { failed } = await tree.test([shows[0] ?? ''], '^sqlite: .* streams are forbidden')
      assert.ok(
        failed.some((one) => one.startsWith('streams are forbidden')),
        failed.join('\n'),
      )
    }
    using _ = tree.replace('test/gateway/settings/policy.ts', "    shows: ['project.streaming_disabled_at'],\n", '')
    const { failed, output } = await tree.test([shows[1] ?? ''], 'streaming_disabled_at')
    assert.ok(failed.some((one) => one.startsWith(COLUMN)))
    assert.match(output, /0 rows of the settings show project\.streaming_disabled_at/)
  })
})
