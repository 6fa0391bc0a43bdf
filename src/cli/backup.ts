import { backUp } from '../db/whole/backup.ts'
import { restore } from '../db/whole/restore.ts'
import { need, type WholeCommand } from './command.ts'
import { megabytes } from './output.ts'

export const backupCommand: WholeCommand = {
  usage: 'backup --to FILE',
  about: 'Copies a database that is a file, as it is at one moment, into a new file and checks it. The server goes on.',
  flags: ['to'],
  async runOnWhole({ config, flags }) {
    const file = need(flags, 'to')
    const { bytes, schema } = await backUp(config.databaseUrl, file)
    const text = `The backup is in ${file}: ${megabytes(bytes)}, checked, with the schema ${schema}.`
    return { json: { object: 'backup', file, bytes, schema }, text }
  },
}

export const restoreCommand: WholeCommand = {
  usage: 'restore --from FILE',
  about: 'Puts a backup in the place of a database that is a file, which must not be served, and keeps that beside it.',
  flags: ['from'],
  async runOnWhole({ config, flags }) {
    const file = need(flags, 'from')
    const { bytes, schema, kept } = await restore(config.databaseUrl, file, Date.now())
    const before = kept === null ? 'There was none before.' : `What was there before is kept as ${kept}.`
    const text = `The database is what ${file} holds: ${megabytes(bytes)}, checked, with the schema ${schema}. ${before} Keys that were revoked after the backup was taken work again.`
    return { json: { object: 'restore', file, bytes, schema, kept }, text }
  },
}
