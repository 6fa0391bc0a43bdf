import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UpstreamConfig } from '../../config/upstreams.ts'
import { offersOf } from './offers.ts'

test('what is offered is by whom, in the order of the configuration; what nobody offers is not there', () => {
  const plain = {
    url: 'http://h/v1',
    key: null,
    timeoutMs: null,
    weight: 1,
    kind: 'other',
    asksForUsage: 'auto',
  } as const
  const one = (...offers: UpstreamConfig['offers']) => ({ ...plain, extraFields: [], unknownFields: null, offers })
  assert.deepEqual(offersOf(new Map()), new Map())
  const two = new Map([
    ['z', one('uploads', 'files')],
    ['none', one()],
    ['a', one('files')],
  ])
  assert.deepEqual(offersOf(two), new Map(Object.entries({ files: ['z', 'a'], uploads: ['z'] })))
  assert.deepEqual([...offersOf(new Map([['a', one('files')]])).keys()], ['files'])
})
