import { adds } from '../schema-change.ts'

/** Which copy of a batch's lines is being uploaded: noted before, so that it is found again where nobody hears that it is there. */
export const batchCopying = adds(async (db) => {
  await db.schema.alterTable('batch').addColumn('copying', 'text').execute()
})
