import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { rules } from '../../src/gateway/rules/index.ts'
import { checkSent, told } from './check/checking.ts'
import { type OpenStage, openStage } from './settings/stage.ts'
import { settings } from './settings/table.ts'

type Field = keyof typeof rules

/** For each rule of a project a row of the settings' table that shows it: a rule without one does not compile. */
const shownBy: Record<Field, string> = {
  archived: 'a project is archived',
  authorities: 'a certificate is active for a project',
  models: 'only one model is allowed',
  disabledTools: 'the hosted tool mcp is disabled',
  tier: 'only the service tier fast is enabled besides the standard one',
  storesNothing: "a project's data retention is zero",
  limits: 'max_requests_per_1_minute of a model is 1',
  spendLimits: "the project's spend limit is what was spent already",
}

/** Has a rule let everything through, as if whoever wrote it had forgotten what it is for. */
function takeOut(t: TestContext, field: Field, what: 'seen' | 'unseen'): void {
  const rule = rules[field]
  switch (rule.step) {
    case 'project':
    case 'connection':
      t.mock.method(rule, 'refuses', () => null)
      return
    case 'body':
      t.mock.method(rule, what, () => {})
      return
    case 'limits': {
      const { windows } = rule
      t.mock.method(rule, 'windows', (...given: Parameters<typeof windows>) => ({ ...windows(...given), windows: [] }))
      return
    }
    case 'money':
      t.mock.method(rule, 'sets', () => null)
  }
}

const rowOf = (field: Field) =>
  settings.find(({ setting }) => setting === shownBy[field]) ?? assert.fail(`no row '${shownBy[field]}'`)

describe('a rule that nobody enforces any more is noticed:', () => {
  const stages = new Map<boolean, OpenStage>()
  before(async () => {
    for (const tls of [false, true]) stages.set(tls, await openStage('sqlite', { tls }))
  })
  after(async () => {
    for (const stage of stages.values()) await stage[Symbol.asyncDispose]()
  })
  const stageOf = (tls: boolean) => stages.get(tls) ?? assert.fail('no stage')

  for (const field of Object.keys(rules) as Field[]) {
    test(`${field}, by the row '${shownBy[field]}'`, async (t) => {
      const { drive, tls } = rowOf(field)
      takeOut(t, field, 'seen')
      await assert.rejects(drive(stageOf(tls)), { name: 'AssertionError', message: /after it is set/ })
    })
  }

  const judging = (Object.keys(rules) as Field[]).filter((field) => rules[field].step === 'body')
  for (const field of judging) {
    test(`${field}, for a request whose body nobody has shown`, async (t) => {
      const { apply, tls } = rowOf(field)
      const stage = stageOf(tls)
      await apply(stage, async ({ key }) => {
        const headers = { 'x-gatehouse-model': 'm1' }
        const ask = () => checkSent(stage.app, 'POST', '/v1/responses', { key, headers })
        assert.equal(told(await ask()), '403 body_not_seen null')
        takeOut(t, field, 'unseen')
        assert.equal(told(await ask()), '200')
        t.mock.restoreAll()
        assert.equal(told(await ask()), '403 body_not_seen null')
      })
    })
  }
})
