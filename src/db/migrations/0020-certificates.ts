import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { idType } from '../collation.ts'

export const certificates: Migration = {
  async up(db: Kysely<unknown>) {
    const id = idType(db)

    await db.schema
      .createTable('certificate')
      .addColumn('id', id, (c) => c.primaryKey())
      .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
      .addColumn('name', 'text')
      .addColumn('content', 'text', (c) => c.notNull())
      .addColumn('valid_at', 'bigint', (c) => c.notNull())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('activated_at', 'bigint')
      .execute()
    await db.schema.createIndex('certificate_list').on('certificate').columns(['organization_id', 'id']).execute()

    await db.schema
      .createTable('project_certificate')
      .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
      .addColumn('project_id', id, (c) => c.notNull().references('project.id'))
      .addColumn('certificate_id', id, (c) => c.notNull().references('certificate.id'))
      .addColumn('activated_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('project_certificate_key', ['project_id', 'certificate_id'])
      .execute()
    await db.schema
      .createIndex('project_certificate_certificate')
      .on('project_certificate')
      .column('certificate_id')
      .execute()
  },
}
