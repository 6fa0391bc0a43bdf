import { test } from 'node:test'
import { fateOf } from '../batches/fate.ts'
import { driveLines, type LineRow, lineEnv, lineModels, sentAs } from '../settings/lines.ts'
import { linesOf, startRunning } from './running.ts'

/*
 * Every rule of a project changes what becomes of a batch that the gate runs, from its next one on, and changes it back. What changes while it runs is
 * in `batches.test.ts`.
 */

test('every rule changes what becomes of the next batch that the gate runs, and changes it back', {
  concurrency: 8,
}, async (t) => {
  await using it = await startRunning({ models: lineModels({ batches: 'gatehouse' }), env: lineEnv })
  const expected = ({ line, run }: LineRow) => ({ ...line, with: run ?? line.with })
  await driveLines(t, it.app, expected, ({ key }, row, shown) => {
    const before = it.upstream.calls.length
    return fateOf({ app: it.app, key, shown }, row, async (id, client) => {
      const { status, error_file_id } = await client.batches.retrieve(id)
      if (status !== 'completed') return null
      const [refused] = await linesOf(client, error_file_id)
      if (refused !== undefined) return refused.response?.body.error.code
      const calls = it.upstream.calls.slice(before)
      const sent = await Promise.all(calls.map(async ({ whole }) => JSON.parse(`${await whole}`)))
      return sentAs(sent.find(({ user }) => user === row.setting))
    })
  })
})
