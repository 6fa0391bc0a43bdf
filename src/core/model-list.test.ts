import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Catalogue, type CatalogueModel, limitRows, plainModel } from './catalogue.ts'
import { isHidden, offerOf } from './model-list.ts'

const catalogue = (...models: CatalogueModel[]) => new Map(models.map((model) => [model.id, model]))
const upstreamsOf = (models: Catalogue) => Object.fromEntries([...models].map(([id, { upstreams }]) => [id, upstreams]))
const aliased = { ...plainModel('m1', ['a']), upstreamName: 'meta/llama' }

test('of several upstreams that begin to list a model at once the first serves it, and it is shown as that one lists it', () => {
  const lists = new Map([
    ['a', [{ id: 'x', created: 5 }, { id: 'y' }]],
    ['b', [{ id: 'x', created: 6 }, { id: 'z' }]],
  ])
  const { models, shown } = offerOf(catalogue(), lists)
  assert.deepEqual(upstreamsOf(models), { x: ['a'], y: ['a'], z: ['b'] })
  assert.deepEqual(shown.get('x'), { id: 'x', object: 'model', created: 5, owned_by: 'organization' })
})

test('the first upstream that listed a model keeps it while it lists it, wherever the others stand', () => {
  const kept = (...steps: Record<string, string[]>[]) => {
    let before: Catalogue = new Map()
    return steps.map((step) => {
      const lists = Object.entries(step).map(([name, ids]) => [name, ids.map((id) => ({ id }))] as const)
      before = offerOf(catalogue(), new Map(lists), before).models
      return before.get('x')?.upstreams.join() ?? null
    })
  }
  assert.deepEqual(kept({ a: ['x'] }, { a: ['x'], b: ['x'] }, { a: ['x', 'y'], b: ['x'] }), ['a', 'a', 'a'])
  assert.deepEqual(kept({ b: ['x'] }, { a: ['x'], b: ['x'] }, { a: ['x'], b: ['y', 'x', 'x'] }), ['b', 'b', 'b'])
  assert.deepEqual(kept({ a: [], b: ['x'] }, { a: ['x'], b: [] }, { a: ['x'], b: ['x'] }), ['b', 'a', 'a'])
  assert.deepEqual(kept({ a: ['x'], b: ['x'], c: ['x'] }, { a: [], b: ['x'], c: ['x'] }), ['a', 'b'])
  assert.deepEqual(kept({ a: ['x'] }, { a: [], b: [] }, { a: ['x'], b: ['x'] }), ['a', null, 'a'])
})

test('no upstream takes a row of limits that is no model: of all that has none, or of a pool', () => {
  const pooled = { ...plainModel('m1', ['a']), sharedPool: 'big', organizationLimits: { max_requests_per_1_day: 5 } }
  const lists = new Map([['b', [{ id: '*default' }, { id: 'big-shared' }, { id: 'small-shared' }]]])
  const { models } = offerOf(catalogue(pooled), lists)
  assert.deepEqual([...models.keys()], ['m1', 'small-shared'])
  assert.deepEqual(limitRows(models).get('big-shared')?.organizationLimits, { max_requests_per_1_day: 5 })
})

test('a configured model keeps its own upstreams, and is shown under its own name as what stands behind it', () => {
  const lists = new Map([
    ['a', [{ id: 'meta/llama', created: 7, owned_by: 'us', description: 'built in' }]],
    ['b', [{ id: 'm1', created: 8 }]],
  ])
  const configured = catalogue(aliased, plainModel('m2', ['a']))
  const { models, shown } = offerOf(configured, lists)
  assert.deepEqual([...models.keys()], ['m1', 'm2'])
  assert.equal(models.get('m1'), aliased)
  const built = { created: 7, owned_by: 'us', description: 'built in' }
  assert.deepEqual(shown.get('m1'), { id: 'm1', object: 'model', ...built })
  assert.deepEqual(shown.get('m2'), { id: 'm2', object: 'model', created: 0, owned_by: 'organization' })
})

test("what stands behind a configured model's name is no model by itself, where that model is served", () => {
  const lists = new Map([
    ['a', [{ id: 'meta/llama' }]],
    ['b', [{ id: 'meta/llama' }]],
  ])
  assert.deepEqual(offerOf(catalogue(aliased), lists).models.get('meta/llama')?.upstreams, ['b'])
  assert.ok(isHidden(catalogue(aliased), 'meta/llama', 'a'))
  assert.ok(!isHidden(catalogue(aliased), 'meta/llama', 'b'))
  const both = catalogue(aliased, plainModel('meta/llama', ['a']))
  assert.deepEqual(offerOf(both, lists).models.get('meta/llama')?.upstreams, ['a'])
})

test('a model of which nothing changed stays the same object when lists are read again', () => {
  const first = offerOf(catalogue(), new Map([['a', [{ id: 'x' }, { id: 'y' }]]]))
  const lists = new Map([
    ['a', [{ id: 'x' }]],
    ['b', [{ id: 'x' }, { id: 'y' }]],
  ])
  const second = offerOf(catalogue(), lists, first.models)
  assert.equal(second.models.get('x'), first.models.get('x'))
  assert.deepEqual(second.models.get('y')?.upstreams, ['b'])
})
