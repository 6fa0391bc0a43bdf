import type { TestApp } from '../support/harness.ts'

/** What the deliverer writes by itself, a second after something is to be delivered. */
const DELIVERY = /^(due_at|waiting|hanging|attempts|attempted_at|status_code|error)$/

/** A row as a text, without what no request writes: when keys were used, and how far webhooks are with what they deliver. */
export const lasting = (table: string, row: object): string =>
  JSON.stringify(row, (name, value) => {
    const isLeftOut = /^(api_key_)?last_used_at$/.test(name) || (table.startsWith('webhook_') && DELIVERY.test(name))
    return isLeftOut ? undefined : value
  })

/** Everything that requests have stored, as one text that does not depend on the order of rows. */
export async function stored({ db }: TestApp, toText = lasting): Promise<string> {
  const tables = (await db.introspection.getTables()).map(({ name }) => name).sort()
  const contents = tables.map(async (name) => {
    const rows = await db
      .selectFrom(name as 'meta')
      .selectAll()
      .execute()
    return rows.map((row) => toText(name, row)).sort()
  })
  return JSON.stringify(await Promise.all(contents))
}
