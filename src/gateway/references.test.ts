import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusalOf } from '../../test/gateway/judging.ts'
import { keeperOf, type Reference } from './references.ts'

const ours = { organizationId: 'org-1', projectId: 'proj_1' }
const at = (upstream: string) => ({ ...ours, upstream })
const first: Reference = { kind: 'response', id: 'resp_1', param: 'previous_response_id' }
const second: Reference = { kind: 'item', id: 'msg_1', param: 'input[0].id' }

test('a call goes where all that it refers to is kept', () => {
  assert.deepEqual(keeperOf([first, second], [at('b'), at('b')], ours, ['a', 'b']), ['b'])
  const refused: [owners: Parameters<typeof keeperOf>[1], upstreams: string[], message: RegExp][] = [
    [[null, at('a')], ['a'], /^Previous response with id 'resp_1' not found\.$/],
    [[at('a'), null], ['a'], /^Item with id 'msg_1' not found\./],
    [[{ ...at('a'), projectId: 'proj_2' }, at('a')], ['a'], /^Previous response/],
    [[at('a'), { ...at('a'), organizationId: 'org-2' }], ['a'], /^Item/],
    [[at('a'), at('b')], ['a', 'b'], /^Item/],
    [[at('b'), at('b')], ['a'], /^Previous response/],
  ]
  for (const [owners, upstreams, message] of refused) {
    const refusal = refusalOf(() => keeperOf([first, second], owners, ours, upstreams))
    assert.equal(refusal.status, 404)
    assert.match(refusal.message, message)
  }
  const compared: Reference = { kind: 'response', id: 'resp_1', param: 'prompt_cache_options.comparison_response_id' }
  const { code, message } = refusalOf(() => keeperOf([compared], [null], ours, ['a']))
  assert.deepEqual([code, message], ['not_found', "Response with id 'resp_1' not found."])
})
