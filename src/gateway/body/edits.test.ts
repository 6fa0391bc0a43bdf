import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainModel } from '../../core/catalogue.ts'
import { type Editable, Edits } from './edits.ts'

const model = { ...plainModel('m1'), upstreamName: 'meta/m1' }

/** What is written, with how often each field was. */
function written(edits: Edits) {
  const fields: Record<string, unknown> = {}
  const times: Record<string, number> = {}
  const body: Editable = {
    set(name, value) {
      fields[name] = value
      times[name] = (times[name] ?? 0) + 1
    },
    remove(name) {
      fields[name] = 'removed'
    },
  }
  edits.writeInto(body)
  return { fields, times }
}

test('judging changes nothing of what came; around what stands deeper, a copy is sent', () => {
  const came = { tools: [{ type: 'image_generation', model: 'm1', mask: { a: 1 } }, { type: 'mcp' }], store: true }
  const before = structuredClone(came)
  const edits = new Edits(came)
  edits.asRead('tools')
  edits.setAt(['tools', 0, 'model'], 'meta/m1', { kind: 'renamed', model })
  edits.set('store', undefined, { kind: 'setting' })
  assert.equal(edits.value('store'), undefined)
  assert.deepEqual(came, before)
  const { fields } = written(edits)
  assert.deepEqual(fields, {
    tools: [{ type: 'image_generation', model: 'meta/m1', mask: { a: 1 } }, { type: 'mcp' }],
    store: 'removed',
  })
})

test('a member that is called __proto__ stays one', () => {
  const came = JSON.parse('{"svg": {"__proto__": {"x": 1}, "model": "m1"}}')
  const edits = new Edits(came)
  edits.setAt(['svg', 'model'], 'meta/m1', { kind: 'renamed', model })
  assert.equal(JSON.stringify(written(edits).fields.svg), '{"__proto__":{"x":1},"model":"meta/m1"}')
})

test('however many models are renamed, each container is copied once and each field written once', () => {
  const many = 20_000
  const came = { tools: Array.from({ length: many }, () => ({ model: 'm1' })) }
  let copied = 0
  // Whoever copies a list asks for its iterator: a copy for each model would ask twenty thousand times.
  const counting = new Proxy(came.tools, {
    get(target, name) {
      if (name === Symbol.iterator) copied++
      return Reflect.get(target, name)
    },
  })
  const edits = new Edits({ tools: counting })
  for (let i = 0; i < many; i++) edits.setAt(['tools', i, 'model'], 'meta/m1', { kind: 'renamed', model })
  assert.equal(copied, 1)
  assert.equal(edits.reasons.length, 1)
  const { fields, times } = written(edits)
  assert.deepEqual(times, { tools: 1 })
  assert.ok((fields.tools as { model: string }[]).every((tool) => tool.model === 'meta/m1'))
})

test('nothing is kept of a body once what was decided is written into it', () => {
  const edits = new Edits({ model: 'm1', messages: ['long'] })
  edits.set('model', 'meta/m1', { kind: 'renamed', model })
  written(edits)
  assert.deepEqual([edits.value('messages'), edits.value('model')], [undefined, undefined])
})
