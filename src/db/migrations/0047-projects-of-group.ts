import { adds } from '../schema-change.ts'

/** The projects of a group in the order of their ids, so that a page of somebody's projects reads no further than it shows. */
export const projectsOfGroup = adds(async (db) => {
  await db.schema
    .createIndex('project_group_projects')
    .on('project_group')
    .columns(['group_id', 'project_id'])
    .execute()
  // The new one begins with all that it had.
  await db.schema.dropIndex('project_group_group').execute()
})
