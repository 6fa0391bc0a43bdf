import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusalOf } from '../../test/gateway/judging.ts'
import { keepersOf, type Reference } from './references.ts'

const ours = { organizationId: 'org-1', projectId: 'proj_1' }
const at = (upstream: string) => ({ ...ours, upstream })
const first: Reference = { kind: 'response', id: 'resp_1', param: 'previous_response_id', isIfKept: false }
const second: Reference = { kind: 'item', id: 'msg_1', param: 'input[0].id', isIfKept: false }

test('a call goes where all that it refers to is kept', () => {
  assert.deepEqual(keepersOf([first, second], [at('b'), at('b')], ours, ['a', 'b']), ['b'])
  const refused: [owners: Parameters<typeof keepersOf>[1], upstreams: string[], message: RegExp][] = [
    [[null, at('a')], ['a'], /^Previous response with id 'resp_1' not found\.$/],
    [[at('a'), null], ['a'], /^Item with id 'msg_1' not found\./],
    [[{ ...at('a'), projectId: 'proj_2' }, at('a')], ['a'], /^Previous response/],
    [[at('a'), { ...at('a'), organizationId: 'org-2' }], ['a'], /^Item/],
    [[at('a'), at('b')], ['a', 'b'], /^Item/],
    [[at('b'), at('b')], ['a'], /^Previous response/],
  ]
  for (const [owners, upstreams, message] of refused) {
    const refusal = refusalOf(() => keepersOf([first, second], owners, ours, upstreams))
    assert.equal(refusal.status, 404)
    assert.match(refusal.message, message)
  }
  const compared: Reference = {
    kind: 'response',
    id: 'resp_1',
    param: 'prompt_cache_options.comparison_response_id',
    isIfKept: false,
  }
  const { code, message } = refusalOf(() => keepersOf([compared], [null], ours, ['a']))
  assert.deepEqual([code, message], ['not_found', "Response with id 'resp_1' not found."])
})

test('what need not be kept is refused only where it belongs to another project', () => {
  const third: Reference = { kind: 'item', id: 'rs_1', param: 'input[1].id', isIfKept: true }
  const both = ['a', 'b']
  assert.deepEqual(keepersOf([third], [null], ours, both), both)
  assert.deepEqual(keepersOf([third], [at('b')], ours, both), ['b'])
  assert.deepEqual(keepersOf([third], [at('c')], ours, both), both)
  assert.deepEqual(keepersOf([third, second], [at('a'), at('b')], ours, both), ['b'])
  const refusal = refusalOf(() => keepersOf([third], [{ ...at('a'), projectId: 'proj_2' }], ours, both))
  assert.deepEqual([refusal.status, refusal.param], [404, 'input[1].id'])
})
