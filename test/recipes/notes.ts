import type { Scratch } from '../support/scratch.ts'

/*
 * A resource as somebody adds it who follows "Add a resource" in CONTRIBUTING.md: notes on a project, which are listed,
 * written and deleted. Each step is what stands there under its number.
 */

const migration = `import { adds } from '../schema-change.ts'
import { idType } from '../collation.ts'

export const projectNotes = adds(async (db) => {
  await db.schema
    .createTable('project_note')
    .addColumn('organization_id', idType(db), (c) => c.notNull().references('organization.id'))
    .addColumn('project_id', idType(db), (c) => c.notNull().references('project.id'))
    .addColumn('id', idType(db), (c) => c.notNull())
    .addColumn('text', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('project_note_key', ['project_id', 'id'])
    .execute()
})
`

const table = `
export interface ProjectNoteTable extends OfProject {
  text: string
  created_at: number
}
`

const contract = `import { type Static, Type } from './json-schema.ts'
import { del, list, ours, post } from './route.ts'
import { Body, Const, Deleted, Id, Name, Time } from './schema.ts'

const ProjectNote = Type.Object({
  object: Const('organization.project.note'),
  id: Id('The note, as other operations name it.'),
  text: Type.String(),
  created_at: Time,
})
export type ProjectNote = Static<typeof ProjectNote>
const path = '/v1/organization/projects/:project_id/notes'

export const projectNotes = ours('The original keeps no notes.', {
  list: list(path, ProjectNote, { summary: "List a project's notes, oldest first", permission: 'api.management.read' }),
  create: post(path, {
    summary: 'Write a note on a project',
    permission: 'api.management.write',
    audit: 'project.updated',
    grants: { nothing: 'a note is for people' },
    body: Body({ text: Name('What it says.') }),
    reply: ProjectNote,
  }),
  delete: del(\`\${path}/:note_id\`, {
    summary: 'Delete a note',
    permission: 'api.management.write',
    audit: 'project.updated',
    grants: { nothing: 'a note is for people' },
    reply: Deleted('organization.project.note.deleted'),
  }),
})
`

const handlers = `import type { ProjectNote, projectNotes as routes } from '../contract/project-notes.ts'
import type { Row } from '../db/tables.ts'
import type { Handlers } from './handlers.ts'
import { existing, ownedBy } from './owned.ts'
import { behind, page } from './page.ts'

export const projectNotes: Handlers<typeof routes> = {
  async list({ db, project, query }) {
    const notes = db.selectFrom('project_note').selectAll().where((eb) => eb.and(ownedBy(project)))
    return page(await behind(notes, query, 'projectNote').execute(), query.limit, view)
  },

  async create({ db, project, body, now, newId }) {
    const row = { id: newId('projectNote'), ...ownedBy(project), text: body.text, created_at: now }
    await db.insertInto('project_note').values(row).execute()
    return { reply: view(row), audit: { id: project.id, changes_requested: { note: { id: row.id, text: row.text } } } }
  },

  async delete({ db, project, params: { note_id: id } }) {
    const note = db.deleteFrom('project_note').where((eb) => eb.and({ ...ownedBy(project), id }))
    existing(await note.returning('id').executeTakeFirst(), 'note_id', id)
    const audit = { id: project.id, changes_requested: { note: { id, deleted: true } } }
    return { reply: { object: 'organization.project.note.deleted', id, deleted: true }, audit }
  },
}

function view({ id, text, created_at }: Row<'project_note'>): ProjectNote {
  return { object: 'organization.project.note', id, text, created_at }
}
`

const maker = `
const note = async (at: Place) => {
  const request = await project(at)
  const { id } = await at.call(contract.projectNotes.create, { ...request, body: { text: 'Old.' } })
  return { params: { ...request.params, note_id: id } }
}
`

/** Adds the resource as the recipe says, step by step, and formats it. */
export async function addNotes(tree: Scratch): Promise<void> {
  // 1. Its table, and how its ids begin.
  const migrations = 'src/db/migrations/index.ts'
  tree.write('src/db/migrations/9000-project-note.ts', migration)
  tree.insert(
    migrations,
    "import { fromBefore, type SchemaChange } from '../schema-change.ts'",
    importOf('9000-project-note'),
  )
  tree.replace(migrations, '\n}\n', "\n  '9000-project-note': projectNotes,\n}\n")
  tree.replace('src/db/tables.ts', '\nexport interface Tables {\n', `${table}\nexport interface Tables {\n${entry}`)
  tree.insert('src/db/whole/copy/tables.ts', "  project_policy: ['project_id'],", copiedEntry)
  tree.insert('src/core/id.ts', "  invite: 'invite-',", "  projectNote: 'note_',")
  // 2. What the API is.
  tree.write('src/contract/project-notes.ts', contract)
  register(tree, 'src/contract/index.ts')
  // 3. What it does.
  tree.write('src/admin/project-notes.ts', handlers)
  register(tree, 'src/admin/index.ts')
  // 4. A valid request for each operation, who may call it, and that no request to a model changes with it.
  tree.replace(requests, '\n/** Projects and', `${maker}\n/** Projects and`)
  tree.replace(requests, 'import { newUser }', `${imported}import { newUser }`)
  tree.replace(requests, '\n} satisfies', `\n${requestLine}} satisfies`)
  tree.insert(requests, 'projectSpendAlerts.list projectSpendAlerts.retrieve', seen)
  tree.insert(requests, 'serviceAccounts.createApiKey rateLimits.update', changed)
  tree.replace(requests, "  'projects.update':", `${reasons}  'projects.update':`)
  await tree.format()
}

const importOf = (file: string) => `import { projectNotes } from './${file}.ts'`
const entry = '  project_note: ProjectNoteTable\n'
export const copiedEntry = "  project_note: ['id'],\n"
const imported = "import { contract } from '../../src/contract/index.ts'\n"

/** One line imports it, one names it. */
function register(tree: Scratch, index: string): void {
  tree.insert(index, "from './project-groups.ts'", importOf('project-notes'))
  tree.insert(index, '  projectGroupRoles,', '  projectNotes,')
}

const requests = 'test/operations/project.ts'
const requestLine = "  projectNotes: { list: note, create: sends(project, { text: 'New.' }), delete: note },\n"
const column = ' '.repeat(35)
const seen = `${column}projectNotes.list`
const why = "why: 'no model sees a note'"
const reasons = `  'projectNotes.create': { fields: ['text'], ${why} },\n  'projectNotes.delete': { fields: [], ${why} },\n`
const changed = `${column}projectNotes.create projectNotes.delete`
