import type { TestApp } from '../support/harness.ts'

/** Everything that is stored, but for when keys were used, as one text that does not depend on the order of rows. */
export async function stored({ db }: TestApp): Promise<string> {
  const tables = (await db.introspection.getTables()).map(({ name }) => name).sort()
  const contents = tables.map(async (name) => {
    const rows = await db
      .selectFrom(name as 'meta')
      .selectAll()
      .execute()
    return rows.map((row) => JSON.stringify({ ...row, last_used_at: null, api_key_last_used_at: null })).sort()
  })
  return JSON.stringify(await Promise.all(contents))
}
