import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CatalogueModel, plainModel } from '../../core/catalogue.ts'
import type { ListedModel } from '../../core/model-list.ts'
import { NoList } from '../upstreams/forwarding.ts'
import { listBytes, listModels, retrieveModel } from './answer.ts'
import { ModelCatalogue } from './model-catalogue.ts'
import { ModelsOfProjects } from './of-projects.ts'

/** An upstream whose list a test writes: models, or the error that reading it ends with. */
function source(name: string, initial: (string | ListedModel)[] | Error) {
  const one = {
    name,
    says: initial,
    asked: 0,
    list: async () => {
      one.asked++
      if (one.says instanceof Error) throw one.says
      return one.says.map((model) => (typeof model === 'string' ? { id: model } : model))
    },
  }
  return one
}

function open(sources: ReturnType<typeof source>[], configured: CatalogueModel[] = []) {
  const time = { now: 0 }
  const failures: string[] = []
  const models = new Map(configured.map((model) => [model.id, model]))
  const failed = (upstream: string) => void failures.push(upstream)
  const catalogue = new ModelCatalogue(models, sources, failed, [], () => time.now)
  const ofProjects = new ModelsOfProjects(catalogue)
  return { catalogue, ofProjects, time, failures, [Symbol.dispose]: () => catalogue.close() }
}

const anything = { projectId: 'proj_1', models: null }

test('a model that is known is found at once, without a promise; so is one of the configuration before anybody was asked', async () => {
  const listed = source('a', ['x'])
  using opened = open([listed], [plainModel('m1', ['a'])])
  const { catalogue } = opened
  assert.equal((catalogue.lookUp('m1') as CatalogueModel).id, 'm1')
  assert.equal(listed.asked, 0)
  assert.equal((await catalogue.lookUp('x'))?.id, 'x')
  assert.equal((catalogue.lookUp('x') as CatalogueModel).id, 'x')
  assert.equal(catalogue.find('y'), null)
})

test('made-up names ask the upstreams once in five seconds, and a model that is new is found then', async () => {
  const listed = source('a', ['x'])
  using opened = open([listed])
  const { catalogue, time } = opened
  await catalogue.models()
  assert.equal(listed.asked, 1)
  for (let i = 0; i < 50; i++) assert.equal(await catalogue.lookUp(`made-up-${i}`), null)
  assert.equal(listed.asked, 1)
  listed.says = ['x', 'new']
  assert.equal(await catalogue.lookUp('new'), null)
  time.now = 5000
  const found = await Promise.all(Array.from({ length: 50 }, () => catalogue.lookUp('new')))
  assert.ok(found.every((model) => model?.id === 'new'))
  assert.equal(listed.asked, 2)
})

test('while an upstream does not list its models, what it said last stays true, and is complained of once', async () => {
  const listed = source('a', ['x'])
  using opened = open([listed])
  const { catalogue, time, failures } = opened
  await catalogue.models()
  listed.says = new Error('down')
  for (const now of [5000, 10_000, 15_000]) {
    time.now = now
    assert.equal(await catalogue.lookUp('y'), null)
  }
  assert.equal(catalogue.find('x')?.id, 'x')
  assert.deepEqual(failures, ['a'])
})

test('of an upstream that never listed any, every model can be asked for, but none that goes by another name here', async () => {
  const silent = source('a', new NoList('404'))
  const listed = source('b', ['y'])
  using opened = open([silent, listed], [{ ...plainModel('m1', ['a']), upstreamName: 'meta/llama' }])
  const { catalogue } = opened
  assert.deepEqual((await catalogue.lookUp('any'))?.upstreams, ['a'])
  assert.deepEqual((await catalogue.lookUp('y'))?.upstreams, ['b'])
  assert.equal(await catalogue.lookUp('meta/llama'), null)
  assert.equal(catalogue.find('any'), null)
  assert.equal(await catalogue.lookUp('any'), await catalogue.lookUp('any'), 'the same object each time')
  for (let i = 0; i < 3000; i++) assert.ok(await catalogue.lookUp(`any-${i}`))
})

test('the list of models holds what the project may use, and one model is shown as it is listed', async () => {
  const listed = source('a', [{ id: 'x', created: 5 }, 'b'])
  using opened = open([listed], [plainModel('m1', ['a'])])
  const { ofProjects } = opened
  const ids = async (rules: Parameters<typeof listModels>[1]) =>
    (await listModels(ofProjects, rules)).data.map(({ id }) => id)
  assert.deepEqual(await ids(anything), ['b', 'm1', 'x'])
  const allowed = { projectId: 'proj_1', models: { mode: 'allow_list' as const, ids: new Set(['x', 'gone']) } }
  const denied = { projectId: 'proj_1', models: { mode: 'deny_list' as const, ids: new Set(['x']) } }
  assert.deepEqual(await ids(allowed), ['x'])
  assert.deepEqual(await ids(denied), ['b', 'm1'])
  assert.deepEqual(await retrieveModel(ofProjects, allowed, 'x'), {
    id: 'x',
    object: 'model',
    created: 5,
    owned_by: 'organization',
  })
  await assert.rejects(retrieveModel(ofProjects, denied, 'x'), {
    status: 403,
    code: 'model_not_found',
    type: 'invalid_request_error',
    message: 'Project `proj_1` does not have access to model `x`',
  })
  for (const rules of [anything, allowed, denied]) {
    await assert.rejects(retrieveModel(ofProjects, rules, 'nowhere'), {
      status: 404,
      code: 'model_not_found',
      message: 'The model `nowhere` does not exist or you do not have access to it.',
    })
  }
})

test('where no model server ever answered, or none has a list to give, there is no list, and not an empty one', async () => {
  using dead = open([source('a', new Error('down'))])
  await assert.rejects(listModels(dead.ofProjects, anything), { status: 502, code: 'upstream_unreachable' })
  using listless = open([source('a', new NoList('404'))])
  await assert.rejects(listModels(listless.ofProjects, anything), { status: 502, code: 'upstream_invalid_reply' })
  await assert.rejects(retrieveModel(listless.ofProjects, anything, 'x'), { status: 404 })
})

test('at the start the order of the configuration decides who has a model, not who answers first; later, who listed it first', async () => {
  const late = Promise.withResolvers<void>()
  const [first, second] = [source('a', []), source('b', ['x', 'y'])]
  const list = first.list
  first.list = () => late.promise.then(list)
  using opened = open([first, second])
  const { catalogue, time } = opened
  const servers = async (id: string) => (await catalogue.lookUp(id))?.upstreams.join() ?? null
  const refresh = async () => {
    time.now += 5000
    await catalogue.lookUp('nowhere')
  }
  catalogue.start()
  await new Promise(setImmediate)
  assert.equal(await servers('x'), 'b', 'nobody waits for the first to answer')
  first.says = ['x']
  late.resolve()
  await new Promise(setImmediate)
  assert.deepEqual([await servers('x'), await servers('y')], ['a', 'b'])
  first.says = ['x', 'y']
  await refresh()
  assert.deepEqual([await servers('x'), await servers('y')], ['a', 'b'], 'a later list takes nothing')
  second.says = new Error('down')
  await refresh()
  assert.equal(await servers('y'), 'b', 'one that is silent keeps what it had')
  second.says = ['x']
  await refresh()
  assert.deepEqual([await servers('x'), await servers('y')], ['a', 'a'], 'what is not listed any more is free')
  first.says = ['y']
  await refresh()
  assert.deepEqual([await servers('x'), await servers('y')], ['b', 'a'])
})

test('a model of the configuration is served where that says, whoever lists it', async () => {
  using opened = open(
    [source('a', []), source('b', ['m1', 'm2'])],
    [plainModel('m1', ['a']), plainModel('m2', ['a', 'b'])],
  )
  await opened.catalogue.models()
  assert.deepEqual((await opened.catalogue.lookUp('m1'))?.upstreams, ['a'])
  assert.deepEqual((await opened.catalogue.lookUp('m2'))?.upstreams, ['a', 'b'])
})

test('a text that can be no name is no model, not even of an upstream that was never heard of any', async () => {
  const silent = source('a', new NoList('404'))
  using opened = open([silent])
  for (const name of ['a\0', 'a\n', '\u202eb', '\ud800', 'x'.repeat(201), '', ' ']) {
    assert.equal(await opened.catalogue.lookUp(name), null, JSON.stringify(name))
  }
  assert.equal(silent.asked, 0)
  assert.ok(await opened.catalogue.lookUp('a'))
})

test('a list is written once for all who may use every model, and of others as many are kept as fit', async () => {
  const many = Array.from({ length: 2000 }, (_, i) => `${'x'.repeat(190)}-${i}`)
  const listed = source('a', many)
  using opened = open([listed])
  const { catalogue, ofProjects, time } = opened
  const all = await listBytes(ofProjects, anything)
  assert.equal(await listBytes(ofProjects, { projectId: 'proj_2', models: null }), all)
  const restricted = (id: string) => ({ projectId: id, models: { mode: 'deny_list' as const, ids: new Set([id]) } })
  const rules = Array.from({ length: 60 }, (_, i) => restricted(`proj_${i}`))
  const texts: Buffer[] = []
  for (const one of rules) texts.push(await listBytes(ofProjects, one))
  const kept: boolean[] = []
  for (const [i, one] of [...rules.entries()].reverse()) kept.unshift((await listBytes(ofProjects, one)) === texts[i])
  assert.ok(kept.at(-1) && kept.at(-20) && !kept[0], 'the latest ones')
  assert.ok(kept.filter(Boolean).reduce((sum) => sum + all.length, 0) <= 16_000_000)
  const again = await listBytes(ofProjects, anything)
  time.now = 5000
  await catalogue.lookUp('y')
  assert.equal(listed.asked, 2)
  assert.equal(await listBytes(ofProjects, anything), again, 'nothing has changed')
  listed.says = ['y']
  time.now = 10_000
  await catalogue.lookUp('y')
  assert.deepEqual(JSON.parse((await listBytes(ofProjects, anything)).toString()).data.length, 1)
})

test('how it stands with each list is known, and a failure is told when it is another than before', async () => {
  const [one, other] = [source('a', new Error('down')), source('b', ['x'])]
  using opened = open([one, other])
  const { catalogue, failures, time } = opened
  const states = () => Object.values(catalogue.lists()).map(({ state, why }) => (why ? `${state}: ${why}` : state))
  assert.deepEqual(states(), ['not_asked', 'not_asked'])
  await catalogue.models()
  assert.deepEqual(states(), ['unread: it does not answer', 'read'])
  const again = async (says: Error | string[], others: Error | string[]) => {
    Object.assign(one, { says })
    Object.assign(other, { says: others })
    time.now += 5000
    await catalogue.lookUp('made-up')
  }
  await again(new Error('down'), new NoList('its answer is odd'))
  assert.deepEqual(failures, ['a', 'b'])
  assert.deepEqual(states(), ['unread: it does not answer', 'read_earlier: its answer is odd'])
  await again(new NoList('its answer has the status 404'), new NoList('its answer is odd'))
  assert.deepEqual(failures, ['a', 'b', 'a'])
  await again(['y'], ['x'])
  assert.deepEqual(states(), ['read', 'read'])
  await again(['y'], new NoList('its answer is odd'))
  assert.deepEqual(failures, ['a', 'b', 'a', 'b'])
})
