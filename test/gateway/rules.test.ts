import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { rules, sources } from '../../src/gateway/rules/index.ts'
import type { Rule } from '../../src/gateway/rules/rule.ts'
import type { Source, Stored } from '../../src/gateway/rules/stored.ts'
import { WORKERS } from '../support/harness.ts'
import { checkSent, told } from './check/checking.ts'
import { type OpenStage, openStage } from './settings/stage.ts'
import { settings } from './settings/table.ts'

/*
 * Takes out, one after the other, all that the rules of a project enforce, and asks the row of the settings' table that shows
 * it whether it notices. Whoever adds a rule writes nothing here.
 */

/** The rule that reads something. */
function readerOf(source: Source): Rule<never> {
  const found = Object.values(rules).filter((rule) => (rule.reads as readonly Source[]).includes(source))
  assert.equal(found.length, 1, `${found.length} rules read ${source}`)
  return found[0] as unknown as Rule<never>
}

/** The row that shows something. */
function rowOf(source: Source): (typeof settings)[number] {
  const shown = settings.filter(({ shows }) => shows?.includes(source))
  const [row] = shown
  assert.ok(row && shown.length === 1, `${shown.length} rows of the settings show ${source}`)
  return row
}

/** Has a rule let everything through, as if whoever wrote it had forgotten what it is for. */
function takeOut(t: TestContext, rule: Rule<never>): void {
  switch (rule.step) {
    case 'project':
    case 'connection':
      t.mock.method(rule, 'refuses', () => null)
      return
    case 'model':
      t.mock.method(rule, 'permits', () => {})
      return
    case 'body':
      t.mock.method(rule, 'seen', () => {})
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

/** Has a rule not see what is stored at one place, as if its reader had forgotten it. */
function blind(t: TestContext, rule: Rule<never>, source: Source): void {
  const { read } = rule
  t.mock.method(rule, 'read', (stored: Stored) => read(without(stored, source)))
}

function without(stored: Stored, source: Source): Stored {
  const [whose, column] = source.split('.') as ['project' | 'organization', string | undefined]
  if (column !== undefined) return { ...stored, [whose]: { ...stored[whose], [column]: null } }
  return { ...stored, [source]: source === 'archivedAt' ? null : [] }
}

/** A rule that is taken out of this thread's list is in that of every other. */
const skip = WORKERS > 1 ? 'rules are taken out of one thread only' : false

describe('what is not enforced any more is noticed:', { skip }, () => {
  const stages = new Map<boolean, OpenStage>()
  before(async () => {
    for (const tls of [false, true]) stages.set(tls, await openStage('sqlite', { tls }))
  })
  after(async () => {
    for (const stage of stages.values()) await stage[Symbol.asyncDispose]()
  })
  const stageOf = (tls: boolean) => stages.get(tls) ?? assert.fail('no stage')

  for (const source of sources) {
    test(`${source}, where its rule enforces nothing`, async (t) => {
      const { drive, tls } = rowOf(source)
      takeOut(t, readerOf(source))
      await assert.rejects(drive(stageOf(tls)), { name: 'AssertionError' })
    })

    test(`${source}, where its rule does not read it`, async (t) => {
      const { drive, tls } = rowOf(source)
      blind(t, readerOf(source), source)
      await assert.rejects(drive(stageOf(tls)), { name: 'AssertionError' })
    })

    const rule = readerOf(source)
    if (rule.step !== 'body' && rule.step !== 'model') continue
    test(`${source}, for a request whose body nobody has shown`, async (t) => {
      const { apply, tls } = rowOf(source)
      const stage = stageOf(tls)
      await apply(stage, async ({ key }) => {
        const headers = { 'x-gatehouse-model': 'm1' }
        const ask = () => checkSent(stage.app, 'POST', '/v1/responses', { key, headers })
        assert.equal(told(await ask()), '403 body_not_seen null')
        t.mock.method(rule, 'unseen', () => {})
        assert.equal(told(await ask()), '200')
      })
    })
  }
})
