import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { rules } from '../../src/gateway/rules/index.ts'
import { checkSent, told } from './check/checking.ts'
import { type OpenStage, openStage } from './settings/stage.ts'
import { settings } from './settings/table.ts'

type Field = keyof typeof rules

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

/** The row of the settings' table that shows a rule. */
function rowOf(field: Field): (typeof settings)[number] {
  const shown = settings.filter(({ rule }) => rule === field)
  const [row] = shown
  assert.ok(row && shown.length === 1, `${shown.length} rows of the settings show the rule '${field}'`)
  return row
}

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
    test(`${field}, for a request that comes through the gate`, async (t) => {
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
