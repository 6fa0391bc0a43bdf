import type { Command } from './command.ts'

export const migrateCommand: Command = {
  usage: 'migrate',
  about: "Brings the database to this version's schema. Starting the server does that too.",
  flags: [],
  // Opening the database for a command has migrated it; where it stands now is in the database's own list.
  async run({ db, applied }) {
    const { name: schema } = await db
      .withTables<{ kysely_migration: { name: string } }>()
      .selectFrom('kysely_migration')
      .select('name')
      .orderBy('name', 'desc')
      .executeTakeFirstOrThrow()
    return { json: { object: 'migrations', applied, schema }, text: `The schema is at ${schema}.` }
  },
}
