import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dimensions } from '../../../src/core/catalogue.ts'
import { batchEndpoints } from '../../../src/gateway/routes/batches.ts'
import { routes } from '../../../src/gateway/routes/table.ts'
import { sources } from '../../../src/gateway/rules/index.ts'
import { databases } from '../../support/databases.ts'
import { modelsFile } from '../../support/models-file.ts'
import { until } from '../../support/until.ts'
import { driveLines, lineEnv, lineModels, lineRows, sentAs } from '../settings/lines.ts'
import { fateOf } from './fate.ts'
import { type Stage, startStage } from './stage.ts'

/*
 * Every rule of a project changes what becomes of a batch that an upstream runs, from its next one on, and changes it back.
 */

/** What its upstream was sent, once it was, and has it end: what it holds is given back. */
async function sentOf({ app, account }: Stage, id: string): Promise<string | null> {
  const row = await app.db
    .selectFrom('batch')
    .select(['upstream_batch_id', 'upstream_file_id'])
    .where('organization_id', '!=', '')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  if (row.upstream_batch_id === null) return null
  const sent = sentAs(JSON.parse(account.files.beside(row.upstream_file_id ?? '').text()).body)
  account.move(row.upstream_batch_id, 'failed')
  // Nobody has to wait for the minute after which its upstream is asked again.
  const isOver = async () => {
    const { status } = await app.db
      .updateTable('batch')
      .set({ due_at: 0 })
      .where('organization_id', '!=', '')
      .where('id', '=', id)
      .returning('status')
      .executeTakeFirstOrThrow()
    return status === 'failed'
  }
  await until(isOver, 'the batch to end')
  return sent
}

test('all that a rule reads is shown by a row for lines and messages', () => {
  const shown = new Set(lineRows.flatMap(({ shows }) => shows))
  assert.deepEqual(
    sources.filter((source) => !shown.has(source)),
    [],
  )
})

test('every limit that a line or a message can reach is shown by a row', () => {
  const shown = new Set(lineRows.map(({ limit }) => limit))
  assert.deepEqual(
    dimensions.filter((dimension) => !shown.has(dimension)),
    ['max_audio_megabytes_per_1_minute'],
  )
  const lines = Object.values(routes).filter(({ method, path }) => method === 'POST' && batchEndpoints.includes(path))
  assert.equal(lines.length, batchEndpoints.length)
  for (const { charges, path } of [routes['messages.create'], ...lines])
    assert.equal(charges.audio, false, `${path} hears`)
})

for (const database of databases) {
  const what = 'every rule changes what becomes of the next batch, and changes it back'
  test(`${database}: ${what}`, { concurrency: 8 }, async (t) => {
    await using file = await modelsFile(lineModels())
    await using it = await startStage({ database, env: { GATEHOUSE_CONFIG: file.path, ...lineEnv } })
    const expected = ({ line }: Parameters<Parameters<typeof driveLines>[2]>[0]) => line
    await driveLines(t, it.app, expected, ({ key }, row, shown) =>
      fateOf({ app: it.app, key, shown }, row, (id) => sentOf(it, id)),
    )
  })
}
