import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CatalogueModel, plainModel } from './catalogue.ts'
import { isHidden, offerOf } from './model-list.ts'

const catalogue = (...models: CatalogueModel[]) => new Map(models.map((model) => [model.id, model]))
const aliased = { ...plainModel('m1', ['a']), upstreamName: 'meta/llama' }

test('a listed model is served by every upstream that lists it, and shown as the first of them lists it', () => {
  const lists = new Map([
    ['a', [{ id: 'x', created: 5 }, { id: 'y' }]],
    ['b', [{ id: 'x', created: 6 }]],
  ])
  const { models, shown } = offerOf(catalogue(), lists)
  assert.deepEqual(models.get('x')?.upstreams, ['a', 'b'])
  assert.deepEqual(models.get('y')?.upstreams, ['a'])
  assert.deepEqual(shown.get('x'), { id: 'x', object: 'model', created: 5, owned_by: 'organization' })
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
    ['a', [{ id: 'x' }, { id: 'y' }]],
    ['b', [{ id: 'y' }]],
  ])
  const second = offerOf(catalogue(), lists, first.models)
  assert.equal(second.models.get('x'), first.models.get('x'))
  assert.deepEqual(second.models.get('y')?.upstreams, ['a', 'b'])
})
