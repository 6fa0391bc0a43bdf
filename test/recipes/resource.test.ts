import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Scratch } from '../support/scratch.ts'
import { taken } from './guide.ts'
import { addNotes, copiedEntry } from './notes.ts'

const [MOST_LINES, MOST_FILES] = [90, 10]

describe('a resource that is added as CONTRIBUTING.md says', () => {
  let tree: Scratch
  before(async () => {
    tree = new Scratch()
    await addNotes(tree)
  })
  after(() => tree[Symbol.dispose]())

  test(`takes at most ${MOST_FILES} files, those that the guide names, and under ${MOST_LINES} lines of src/`, (t) => {
    const { lines, files } = taken(tree, 'Add a resource')
    t.diagnostic(`${lines} lines of src/, ${files} files`)
    assert.ok(lines < MOST_LINES, `${lines} lines`)
    assert.ok(files <= MOST_FILES, `${files} files`)
  })

  test('compiles, and passes every generic test', async () => {
    assert.deepEqual(await tree.objections(), [])
    const files = ['contract/contract', 'contract/changes', 'contract/input', 'decision/table', 'gateway/settings']
    const { passed, failed, output } = await tree.test(
      files.map((file) => `test/${file}.test.ts`),
      '^sqlite: .* projectNotes\\.|^every operation',
    )
    assert.deepEqual(failed, [], output)
    assert.ok(passed.some((name) => name.startsWith('every operation that changes something')))
    for (const verb of ['list', 'create', 'delete']) {
      const about = passed.filter((name) => name.startsWith(`projectNotes.${verb}`))
      assert.ok(about.length >= 8, `${verb}: ${about.length} tests`)
    }
  })

  test('does not compile without its row type, its copy, a handler, an audit event, a word on what it hands out, or a valid request', async () => {
    const [contract, admin] = ['src/contract/project-notes.ts', 'src/admin/project-notes.ts']
    {
      // What is not copied would be left behind when somebody moves to another database.
      const copy = 'src/db/whole/copy/tables.ts'
      using _left = tree.replace(copy, copiedEntry, '')
      assert.match(
        (await tree.objections(copy)).join('\n'),
        /^src\/db\/whole\/copy\/tables\.ts.*\n?.*'project_note' is missing/m,
      )
    }
    using undone = new DisposableStack()
    const without = (file: string, text: string, instead = '') => undone.use(tree.replace(file, text, instead))
    without('src/db/tables.ts', '  project_note: ProjectNoteTable\n')
    without('src/admin/index.ts', '  projectNotes,\n')
    without(
      contract,
      "    audit: 'project.updated',\n    grants: { nothing: 'a note is for people' },\n    body",
      '    body',
    )
    without(contract, "    grants: { nothing: 'a note is for people' },\n    reply", '    reply')
    without(admin, ', deleted: true }, audit }', ', deleted: true } }')
    without('test/operations/project.ts', 'delete: note }', '}')
    const found = (await tree.objections('src/admin/index.ts', 'test/operations/index.ts')).join('\n')
    assert.match(found, /^src\/admin\/project-notes\.ts.*"project_note"/m)
    assert.match(found, /^src\/admin\/index\.ts.*'projectNotes' is missing/m)
    assert.match(found, /^src\/contract\/project-notes\.ts.*\n.*missing the following properties.*: audit, grants/m)
    assert.match(found, /^src\/contract\/project-notes\.ts.*\n.*'grants' is missing/m)
    assert.match(found, /^src\/admin\/project-notes\.ts.*\n(?: .*\n)*.*'audit' is missing/m)
    assert.match(found, /^test\/operations\/index\.ts.*\n(?: .*\n)*.*'delete' is missing/m)
  })

  test('fails a test by name without its migration, or where nobody says who may call it or what it does to requests', async () => {
    using undone = new DisposableStack()
    undone.use(tree.replace('src/db/migrations/index.ts', "  '9000-project-note': projectNotes,\n", ''))
    undone.use(tree.replace('test/operations/project.ts', ' projectNotes.delete\n', '\n'))
    undone.use(
      tree.replace(
        'test/operations/project.ts',
        "  'projectNotes.delete': { fields: [], why: 'no model sees a note' },\n",
        '',
      ),
    )
    const { failed } = await tree.test(
      ['test/storage/migrations.test.ts', 'test/decision/table.test.ts', 'test/gateway/settings.test.ts'],
      '^migrations on sqlite an empty database|^every operation',
    )
    const [tables, decisions] = ['an empty database gets every table', 'every operation stands in the decision table']
    for (const name of [tables, decisions])
      assert.ok(
        failed.some((one) => one.startsWith(name)),
        name,
      )
  })
})
