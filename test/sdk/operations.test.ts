import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import OpenAI from 'openai'
import { databases } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { notBuilt } from './not-built.ts'
import { callBlindly, operationsOf } from './reflection.ts'
import { newWorld } from './scenario.ts'
import { scenarios } from './scenarios.ts'

const names = operationsOf(new OpenAI({ apiKey: 'unused', adminAPIKey: 'unused' }).admin).map(({ name }) => name)

test('the official client has the 143 administration operations of its version 7.57', () => {
  assert.equal(names.length, 143)
  assert.equal(new Set(names).size, names.length)
})

test('every operation of the official client is driven by a scenario or named as not built, and none is both', () => {
  const homeless = names.filter((name) => !(name in scenarios) && !notBuilt.includes(name))
  assert.deepEqual(homeless, [], 'neither driven nor named as not built')
  const both = names.filter((name) => name in scenarios && notBuilt.includes(name))
  assert.deepEqual(both, [], 'driven, and named as not built')
  const gone = [...Object.keys(scenarios), ...notBuilt].filter((name) => !names.includes(name))
  assert.deepEqual(gone, [], 'the official client has no such operation')
  assert.equal(new Set(notBuilt).size, notBuilt.length)
})

for (const database of databases) {
  describe(`${database}: the official client`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    for (const [name, scenario] of Object.entries(scenarios)) {
      test(`drives ${name}`, async () => {
        const { world, called } = await newWorld(app, database)
        await scenario(world)
        assert.ok(called.has(name), `the scenario of ${name} never calls it`)
      })
    }
  })
}

test('the official client is told of every operation that is not built that its URL is not there', async () => {
  await using app = await startTestApp()
  const answers: string[] = []
  for (const operation of operationsOf(app.admin())) {
    if (!notBuilt.includes(operation.name)) continue
    const answer = await answerTo(() => callBlindly(operation))
    if (answer !== 'not there') answers.push(`${operation.name}: ${answer}`)
  }
  assert.deepEqual(answers, [])
})

/** The original's answer to a URL that it does not have, or what else came. */
async function answerTo(call: () => Promise<unknown>): Promise<string> {
  try {
    await call()
    return 'a success'
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) return String(error)
    const { status, type, code, param, message } = error
    const unknown = status === 404 && /Invalid URL \([A-Z]+ \/v1\/(organization|projects)\//.test(message)
    const wrongMethod = status === 405 && /Not allowed to [A-Z]+ on \/v1\//.test(message)
    const envelope = type === 'invalid_request_error' && code === null && param === null
    return envelope && (unknown || wrongMethod) ? 'not there' : message
  }
}
