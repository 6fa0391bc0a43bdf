import type { Command } from './command.ts'

export const migrateCommand: Command = {
  usage: 'migrate',
  about: "Brings the database to this version's schema. Starting the server does that too.",
  flags: [],
  // Opening the database for a command has migrated it; what it found is in the database's own list.
  async run({ db }) {
    const rows = await db
      .withTables<{ kysely_migration: { name: string } }>()
      .selectFrom('kysely_migration')
      .select('name')
      .execute()
    const migrations = rows.map(({ name }) => name).sort()
    return { json: { object: 'migrations', applied: migrations }, text: `The schema is at ${migrations.at(-1)}.` }
  },
}
