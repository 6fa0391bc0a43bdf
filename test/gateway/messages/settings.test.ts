import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../../support/databases.ts'
import { modelsFile } from '../../support/models-file.ts'
import { codeOf } from '../declared.ts'
import { startGate } from '../gate.ts'
import { driveLines, type LineRow, lineEnv, lineModels, sentAs } from '../settings/lines.ts'
import { json } from '../upstream.ts'
import { asked, MESSAGES, message, text } from './model-server.ts'

/*
 * Every rule of a project changes what becomes of the next message, and changes it back.
 */

for (const database of databases) {
  const what = 'every rule changes what becomes of the next message, and changes it back'
  test(`${database}: ${what}`, { concurrency: 8 }, async (t) => {
    await using file = await modelsFile(lineModels())
    const env = { GATEHOUSE_CONFIG: file.path, GATEHOUSE_UPSTREAM_OFFERS: 'files,batches', ...lineEnv }
    await using it = await startGate({ database, env })
    const { app, upstream } = it
    upstream.answer(json(message([text('hello')])))
    await driveLines(
      t,
      app,
      ({ message }: LineRow) => message,
      async ({ key }, row, headers) => {
        // By which it is found among those of the other rows.
        const user_id = row.setting
        const before = upstream.calls.length
        const body = { ...asked, max_tokens: 20, ...row.message.body, metadata: { user_id } }
        const reply = await app.send('POST', MESSAGES, { key, body, headers })
        const bodies = await Promise.all(
          upstream.calls.slice(before).map(async ({ whole }) => JSON.parse(`${await whole}`)),
        )
        const sent = bodies.filter(({ metadata }) => metadata.user_id === user_id)
        assert.equal(sent.length, reply.status === 200 ? 1 : 0, 'what is refused, the model server never hears of')
        return reply.status === 200 ? sentAs(sent[0]) : (codeOf(reply) ?? `${reply.status}`)
      },
    )
  })
}
