import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases, openTestDatabase } from '../../support/databases.ts'
import { startTestApp } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { until } from '../../support/until.ts'
import { startAccount } from '../account/account.ts'
import { makeKey } from '../gate.ts'

/** More than are begun with together. */
const MANY = 70

for (const database of databases)
  test(`${database}: a model server that says nothing of its responses holds up those of no other`, async () => {
    await using stack = new AsyncDisposableStack()
    const own = stack.use(await openTestDatabase(database))
    const [silent, sound] = [stack.use(await startAccount()), stack.use(await startAccount())]
    const upstreamOf = ({ url, key }: typeof silent) => ({ url, key, offers: ['background'] })
    const upstreams = { silent: upstreamOf(silent), sound: upstreamOf(sound) }
    const models = {
      m1: { upstreams: ['silent'] },
      'gpt-4o-mini': { upstreams: ['sound'] },
    }
    const file = stack.use(await modelsFile(models, { upstreams }))
    const app = stack.use(await startTestApp({ databaseUrl: own.url, env: { GATEHOUSE_CONFIG: file.path } }))
    const client = app.client((await makeKey(app)).key)
    const made = async (model: string) => (await client.responses.create({ model, input: 'x', background: true })).id
    const held = silent.hold('GET /v1/responses/*')
    stack.defer(() => held.release())
    const theirs = await Promise.all(Array.from({ length: MANY }, () => made('m1')))
    await until(() => held.reached > 0, 'the silent one to be asked')
    const open = async (upstream: string) =>
      (await app.db.selectFrom('background_response').select('id').where('upstream', '=', upstream).execute()).length
    for (let i = 0; i < 3; i++) {
      sound.endResponse(await made('gpt-4o-mini'))
      await until(async () => (await open('sound')) === 0, 'that of the other to be settled')
    }
    assert.equal(await open('silent'), MANY)
    assert.ok(held.reached <= 4, `${held.reached} questions at once`)
    for (const id of theirs) silent.endResponse(id)
    held.release()
    await until(async () => (await open('silent')) === 0, 'all to be settled')
  })
