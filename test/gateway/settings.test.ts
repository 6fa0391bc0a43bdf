import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import OpenAI from 'openai'
import { newOrganization } from '../contract/organizations.ts'
import { tlsFetch, tlsFiles } from '../listener/tls.ts'
import { notBuilt } from '../sdk/not-built.ts'
import { isMutation, operationsOf } from '../sdk/reflection.ts'
import { makeCertificate, makeClient } from '../support/certificates.ts'
import { type DatabaseKind, databases } from '../support/databases.ts'
import { modelsFile } from '../support/models-file.ts'
import { startGate } from './gate.ts'
import { chat, type Stage } from './settings/row.ts'
import { changeNoRequest, settings } from './settings/table.ts'
import { json, until } from './upstream.ts'

const operations = operationsOf(new OpenAI({ apiKey: 'unused', adminAPIKey: 'unused' }).admin)

test('every operation that changes something is in a row of the table, or named with the reason why no request changes', () => {
  const mutations = operations.filter(isMutation).map(({ name }) => name)
  const driven = new Set(settings.flatMap(({ by }) => by))
  const known = (name: string) => driven.has(name) || name in changeNoRequest || notBuilt.includes(name)
  assert.deepEqual(
    mutations.filter((name) => !known(name)),
    [],
    'in no row, and no reason',
  )
  const named = [...driven, ...Object.keys(changeNoRequest)]
  assert.deepEqual(
    named.filter((name) => !mutations.includes(name) || notBuilt.includes(name)),
    [],
    'no such operation that changes something',
  )
  assert.deepEqual(
    Object.keys(changeNoRequest).filter((name) => driven.has(name)),
    [],
    'in a row, and said to change no request',
  )
  assert.equal(new Set(settings.map(({ setting }) => setting)).size, settings.length)
})

/** One cent for each token of an answer, so that sums are whole. */
const price_per_million = { input: 0, output: 10_000 }
const models = {
  m1: { dimensions: ['images', 'audio', 'requests_per_day'] },
  m2: {},
  priced: { price_per_million },
  searcher: { searches: true },
}

/** An answer that every route understands: five tokens there and five back, or two images. */
const reply = {
  ...{ id: 'answer', object: 'fake', model: 'm1', choices: [], output: [], data: [{}, {}], text: '' },
  usage: { prompt_tokens: 5, completion_tokens: 5, input_tokens: 5, output_tokens: 5, total_tokens: 10 },
}

type Result = OpenAI.Admin.Organization.UsageCompletionsResponse['data'][number]['results'][number]
type Use = Extract<Result, { object: 'organization.usage.completions.result' }>
const isUse = (one: { object: string }): one is Use => one.object === 'organization.usage.completions.result'

type OpenStage = Stage & AsyncDisposable

/** A whole Gatehouse with a price list, in front of a model server that answers. */
async function openStage(database: DatabaseKind, { tls }: { tls: boolean }): Promise<OpenStage> {
  await using stack = new AsyncDisposableStack()
  const files = stack.use(await tlsFiles())
  const { path } = stack.use(await modelsFile(models))
  const env = { ...(tls && files.env), GATEHOUSE_CONFIG: path }
  const { app, upstream } = stack.use(await startGate({ database, env, ...(tls && { fetch: tlsFetch(files.ca) }) }))
  upstream.answer(json(reply))
  const organization = await newOrganization(app)
  const authority = await makeCertificate('authority')
  const fetch = tlsFetch(files.ca, await makeClient(authority))
  const certified = (apiKey: string) => new OpenAI({ baseURL: `${app.url}/v1`, apiKey, maxRetries: 0, fetch })
  const rest = stack.move()
  const made = { app, upstream, organization, authority: authority.pem, certified }
  return { ...made, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** Two calls, each found in the reports as soon as the meter has written it: every half second. */
async function isMetered({ organization, ...stage }: Stage): Promise<void> {
  const { usage, projects } = organization.admin
  const { id } = await projects.create({ name: 'metered' })
  const { api_key } = await projects.serviceAccounts.create(id, { name: 'bot' })
  const of = { start_time: Math.floor(Date.now() / 86_400_000 - 1) * 86_400, project_ids: [id] }
  const results = async () => {
    const [completions, costs] = await Promise.all([usage.completions(of), usage.costs(of)])
    return [...completions.data, ...costs.data].flatMap((bucket) => bucket.results)
  }
  assert.deepEqual(await results(), [])
  for (let calls = 1; calls <= 2; calls++) {
    assert.equal(await chat({ ...stage, key: api_key?.value ?? '' }, { model: 'priced' }), '200')
    const counted = (one: Result) => isUse(one) && one.num_model_requests === calls
    // How late it may be on a busy machine cannot be a test.
    await until(async () => (await results()).some(counted), 'the use')
    const [use, cost] = await results()
    assert.ok(use && isUse(use) && cost?.object === 'organization.costs.result')
    assert.deepEqual([use.input_tokens, use.output_tokens], [5 * calls, 5 * calls])
    assert.deepEqual(cost.amount, { value: 0.05 * calls, currency: 'usd' })
  }
}

for (const database of databases) {
  for (const tls of [false, true]) {
    describe(`${database}: the next request${tls ? ' over TLS' : ''} is another one when`, () => {
      let stage: OpenStage
      before(async () => {
        stage = await openStage(database, { tls })
      })
      after(() => stage[Symbol.asyncDispose]())

      for (const { setting, request, noWayBack, drive } of settings.filter((one) => one.tls === tls)) {
        const back = noWayBack === null ? 'and it changes back' : `no way back: ${noWayBack}`
        test(`${setting} (${request}; ${back})`, () => drive(stage))
      }

      if (!tls)
        test('and what a call used and what it cost is in the usage API a moment after it', () => isMetered(stage))
    })
  }
}
