import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CatalogueModel, type Limits, limitRows, plainModel, projectLimits, rowOf } from './catalogue.ts'

const model = (id: string, organizationLimits: Limits, sharedPool: string | null = null): CatalogueModel => {
  const plain = plainModel(id)
  const dimensions = new Set([...plain.dimensions, ...(Object.keys(organizationLimits) as (keyof Limits)[])])
  return { ...plain, dimensions, organizationLimits, sharedPool }
}
const rowsOf = (...models: CatalogueModel[]) => limitRows(new Map(models.map((one) => [one.id, one])))
const rowIn = (rows: ReturnType<typeof limitRows>, name: string) => rows.get(name) ?? assert.fail(`no row ${name}`)

test('a pool allows what its strictest member allows in each dimension, and every member shows it', () => {
  const rows = rowsOf(
    model('a', { max_requests_per_1_minute: 500, max_tokens_per_1_minute: 1000 }, 'p'),
    model('b', { max_requests_per_1_minute: 100, max_requests_per_1_day: 2000 }, 'p'),
    model('alone', { max_requests_per_1_minute: 7 }),
  )
  const shared = { max_requests_per_1_minute: 100, max_tokens_per_1_minute: 1000, max_requests_per_1_day: 2000 }
  for (const name of ['a', 'b', 'p-shared']) {
    assert.deepEqual(rowIn(rows, name).organizationLimits, shared, name)
    assert.ok(rowIn(rows, name).dimensions.has('max_requests_per_1_day'), name)
  }
  assert.deepEqual(rowIn(rows, 'alone').organizationLimits, { max_requests_per_1_minute: 7 })
})

test('a pool reads the same in whatever order its members stand', () => {
  const [a, b] = [model('a', { max_requests_per_1_minute: 5 }, 'p'), model('b', { max_requests_per_1_minute: 9 }, 'p')]
  for (const rows of [rowsOf(a, b), rowsOf(b, a)]) {
    assert.equal(rowIn(rows, 'p-shared').organizationLimits.max_requests_per_1_minute, 5)
  }
})

test('fine-tuned models of one base share its row, with the lowest maximum of them', () => {
  assert.equal(rowOf('ft:base:acme::1'), 'ft:base')
  assert.equal(rowOf('base'), 'base')
  const rows = rowsOf(
    model('ft:base:acme::1', { max_tokens_per_1_minute: 90 }),
    model('ft:base:acme::2', { max_tokens_per_1_minute: 60 }),
  )
  assert.deepEqual(rowIn(rows, 'ft:base').organizationLimits, { max_tokens_per_1_minute: 60 })
  assert.equal(rowIn(rows, 'ft:base').updatable, false)
})

test("a fine-tuned model has the project's numbers of its base, else of the default row, in each dimension", () => {
  const rows = rowsOf(
    model('base', { max_requests_per_1_day: 50 }),
    model('ft:base:acme::1', { max_tokens_per_1_minute: 60 }),
  )
  const own = new Map<string, Limits>([
    ['base', { max_requests_per_1_minute: 3, max_requests_per_1_day: 40 }],
    ['*default', { max_requests_per_1_minute: 9, max_tokens_per_1_minute: 80 }],
  ])
  assert.deepEqual(projectLimits(rowIn(rows, 'ft:base'), own), {
    max_requests_per_1_minute: 3,
    max_tokens_per_1_minute: 60,
    max_requests_per_1_day: 40,
  })
})

test('a project is held to its own number, or to the maximum of the organization where that is lower', () => {
  const rows = rowsOf(model('a', { max_requests_per_1_minute: 10 }))
  const limits = (value: number) =>
    projectLimits(rowIn(rows, 'a'), new Map([['a', { max_requests_per_1_minute: value }]]))
  assert.deepEqual([limits(4), limits(40)], [{ max_requests_per_1_minute: 4 }, { max_requests_per_1_minute: 10 }])
})

test('what a row does not show limits nothing: neither other dimensions, nor what is set elsewhere', () => {
  const rows = rowsOf(model('a', {}, 'p'))
  const own = new Map<string, Limits>([
    ['a', { max_images_per_1_minute: 1 }],
    ['*default', { max_requests_per_1_minute: 1 }],
  ])
  for (const name of ['a', 'p-shared']) assert.deepEqual(projectLimits(rowIn(rows, name), own), {})
})
