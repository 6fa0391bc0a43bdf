import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type OpenAI from 'openai'
import { endpoints } from '../../src/admin/index.ts'
import { changeNoRequest } from '../operations/index.ts'
import { databases } from '../support/databases.ts'
import { chat, fieldsSet, type Stage } from './settings/row.ts'
import { type OpenStage, openStage } from './settings/stage.ts'
import { fieldsChangeNoRequest, settings } from './settings/table.ts'
import { until } from './upstream.ts'

/** What the contract has, ours alone or not: a setting of our own needs a row like any other. */
const mutations = endpoints.filter(({ route }) => route.method !== 'GET').map(({ name }) => name)

/** The fields that can be set by an operation. */
const bodyOf = ({ body }: (typeof endpoints)[number]['route']) =>
  Object.keys((body as { properties?: object } | undefined)?.properties ?? {})

test('every operation that changes something is in a row of the table, or named with the reason why no request changes', () => {
  const driven = new Set(settings.flatMap(({ by }) => by))
  assert.deepEqual(
    mutations.filter((name) => !driven.has(name) && !(name in changeNoRequest)),
    [],
    'in no row, and no reason',
  )
  const named = [...driven, ...Object.keys(changeNoRequest)]
  assert.deepEqual(
    named.filter((name) => !mutations.includes(name)),
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

type Result = OpenAI.Admin.Organization.UsageCompletionsResponse['data'][number]['results'][number]
type Use = Extract<Result, { object: 'organization.usage.completions.result' }>
const isUse = (one: { object: string }): one is Use => one.object === 'organization.usage.completions.result'

/** Two calls, each found in the reports as soon as it is written: every half second. */
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

test('every field of those operations was set by a row, or is named with the reason why no request changes', () => {
  const settable = endpoints
    .filter(({ name }) => mutations.includes(name) && !(name in changeNoRequest))
    .flatMap(({ name, route }) => bodyOf(route).map((field) => `${name}.${field}`))
  assert.deepEqual(
    settable.filter((field) => !fieldsSet.has(field) && !(field in fieldsChangeNoRequest)),
    [],
    'set by no row, and no reason',
  )
  assert.deepEqual(
    Object.keys(fieldsChangeNoRequest).filter((field) => !settable.includes(field) || fieldsSet.has(field)),
    [],
    'no such field, or set by a row',
  )
  for (const { name, route } of endpoints.filter(({ name }) => name in changeNoRequest)) {
    assert.deepEqual([...(changeNoRequest[name]?.fields ?? [])].sort(), bodyOf(route).sort(), name)
  }
})
