import { readConfig } from '../config/settings.ts'
import { copyDatabase, type Progress } from '../db/whole/copy/copy.ts'
import { need, UsageError, type WholeCommand } from './command.ts'

/** Between two lines about the same table. */
const EVERY_MS = 2000

export const copyCommand: WholeCommand = {
  usage: 'copy --from URL --to URL',
  about: 'Copies a database that is not served into an empty one, of either kind, and compares them. Again goes on.',
  flags: ['from', 'to'],
  async runOnWhole({ flags, note }) {
    const [from, to] = [theUrl(need(flags, 'from')), theUrl(need(flags, 'to'))]
    const tables = await copyDatabase(from, to, telling(note))
    const rows = Object.values(tables).reduce((sum, table) => sum + table.rows, 0)
    const json = { object: 'copy', rows, tables }
    return {
      json,
      text: `All ${rows} rows of ${Object.keys(tables).length} tables are there, and are the same on both sides.`,
    }
  },
}

/** Reads it as the setting is read. */
function theUrl(written: string): string {
  const { databaseUrl } = readConfig({}, { 'database-url': written })
  if (databaseUrl.endsWith(':memory:')) throw new UsageError("a database in memory is its server's alone")
  return databaseUrl
}

/** One line for a table when it begins, and then every two seconds. */
function telling(note: (text: string) => void): Progress {
  let told = ''
  let at = 0
  return (what, table, rows) => {
    const [now, about] = [performance.now(), `${what} ${table}`]
    if (about === told && now < at + EVERY_MS) return
    told = about
    at = now
    note(`${what} ${rows} rows of ${table}`)
  }
}
