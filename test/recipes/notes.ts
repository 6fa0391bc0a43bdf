import type { Scratch } from '../support/scratch.ts'

/*
 * A resource as somebody adds it who follows "Add a resource" in CONTRIBUTING.md: notes on a project, which are listed,
 * written and deleted. Each step is what stands there under its number.
 */

const migration = `import type { Migration } from 'kysely/migration'
import { idType } from '../collation.ts'

export const projectNotes: Migration = {
  async up(db) {
    const id = idType(db)
    await db.schema
      .createTable('project_note')
      .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
      .addColumn('project_id', id, (c) => c.notNull().references('project.id'))
      .addColumn('id', id, (c) => c.notNull())
      .addColumn('text', 'text', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('project_note_key', ['project_id', 'id'])
      .execute()
  },
}
`

const table = `
export interface ProjectNoteTable {
  organization_id: string
  project_id: string
  id: string
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
    body: Body({ text: Name('What it says.') }),
    reply: ProjectNote,
  }),
  delete: del(\`\${path}/:note_id\`, {
    summary: 'Delete a note',
    permission: 'api.management.write',
    audit: 'project.updated',
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

/** Adds the resource. @returns what undoes a step that something must miss, by its name */
export async function addNotes(tree: Scratch): Promise<void> {
  // 1. The table.
  tree.write('src/db/migrations/0900-project-note.ts', migration)
  const migrations = 'src/db/migrations/index.ts'
  tree.insert(migrations, "from './0042-usage-writer.ts'", "import { projectNotes } from './0900-project-note.ts'")
  tree.insert(migrations, "'0042-usage-writer': usageWriter,", "  '0900-project-note': projectNotes,")
  tree.replace(
    'src/db/tables.ts',
    '\nexport interface Tables {\n',
    `${table}\nexport interface Tables {\n  project_note: ProjectNoteTable\n`,
  )
  tree.insert('src/core/id.ts', "invite: 'invite-',", "  projectNote: 'note_',")
  // 2. The contract.
  tree.write('src/contract/project-notes.ts', contract)
  tree.insert(
    'src/contract/index.ts',
    "from './project-groups.ts'",
    "import { projectNotes } from './project-notes.ts'",
  )
  tree.insert('src/contract/index.ts', '  projectGroupRoles,', '  projectNotes,')
  // 3. The handlers.
  tree.write('src/admin/project-notes.ts', handlers)
  tree.insert('src/admin/index.ts', "from './project-groups.ts'", "import { projectNotes } from './project-notes.ts'")
  tree.insert('src/admin/index.ts', '  projectGroupRoles,', '  projectNotes,')
  // 4. A valid request of each operation, and who may call it.
  const requests = 'test/operations/project.ts'
  tree.insert(requests, "import { newUser } from '../contract/organizations.ts'", '')
  tree.replace(
    requests,
    'import { newUser }',
    "import { contract } from '../../src/contract/index.ts'\nimport { newUser }",
  )
  tree.replace(requests, '\n/** Projects and what is in them. */', `${maker}\n/** Projects and what is in them. */`)
  tree.replace(
    requests,
    '} satisfies Partial<Requests>',
    "  projectNotes: { list: note, create: sends(project, { text: 'New.' }), delete: note },\n} satisfies Partial<Requests>",
  )
  tree.replace(
    requests,
    'projectSpendAlerts.list projectSpendAlerts.retrieve',
    'projectSpendAlerts.list projectSpendAlerts.retrieve projectNotes.list',
  )
  tree.replace(
    requests,
    'serviceAccounts.createApiKey rateLimits.update',
    'serviceAccounts.createApiKey rateLimits.update\n                                   projectNotes.create projectNotes.delete',
  )
  await tree.format()
}
