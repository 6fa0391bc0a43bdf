import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeKey, startGate, type TestGate, UPSTREAM_KEY } from '../gateway/gate.ts'
import { usedBy } from '../gateway/ledger.ts'
import { events, message, streamOf, usage } from '../gateway/messages/model-server.ts'
import { type Script, until } from '../gateway/upstream.ts'
import { layDesk, runAgent, type Task } from './coding-agent.ts'

/*
 * A coding agent that nobody here wrote, at work with a project's key.
 */

const isThere = existsSync(join(import.meta.dirname, 'node_modules/.bin/pi'))
const skip = !isThere && 'not installed (npm ci --prefix test/clients): @earendil-works/pi-coding-agent'
const models = ['m1', 'm2'].map((id) => ({ id, object: 'model', created: 1_700_000_000 }))
const prompt = 'Read the note to me, aloud.'
const task: Task = { provider: 'gatehouse', model: 'm1', tools: ['read', 'bash'], prompt }
const note = { 'note.txt': 'The heron stands still.\n' }

/** A message that calls a tool, as a stream. */
function calls(name: string, input: object, used: object): Script {
  const block = { type: 'tool_use', id: `toolu_${name}`, name, input: {} }
  return streamOf([
    { type: 'message_start', message: message([], { ...usage, output_tokens: 1 }) },
    { type: 'content_block_start', index: 0, content_block: block },
    ...(JSON.stringify(input).match(/.{1,9}/g) ?? []).map((partial_json) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'input_json_delta', partial_json },
    })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: used },
    { type: 'message_stop' },
  ])
}

/** From now on the model server answers so, one after the other; behind the last one it breaks off. */
function answerInTurn({ upstream }: TestGate, scripts: readonly Script[]) {
  const rest = [...scripts]
  upstream.answer((call) => {
    const script = rest.shift()
    if (!script) throw new Error('nobody said what to answer to this')
    return script(call)
  })
}

const says = (...words: string[]) => streamOf(events(words, { ...usage, output_tokens: 1 }, { output_tokens: 12 }))

test('a coding agent does its work through the gate, and what that used is in the reports', { skip }, async () => {
  await using gate = await startGate({ models })
  await using desk = await layDesk(note)
  const { app, upstream, key } = gate
  answerInTurn(gate, [
    calls('bash', { command: 'tr a-z A-Z < note.txt > aloud.txt; echo written' }, { output_tokens: 30 }),
    calls('read', { path: 'aloud.txt' }, { output_tokens: 20 }),
    says('It says: ', 'THE HERON ', 'STANDS STILL.'),
  ])
  const ended = await runAgent({ url: app.url, key }, desk, task)
  assert.deepEqual(ended, { code: 0, stdout: 'It says: THE HERON STANDS STILL.\n', stderr: '' })

  const asked = await Promise.all(upstream.calls.map(async ({ whole }) => JSON.parse(`${await whole}`)))
  const said = asked.map((body) => [body.model, body.stream, body.messages.length, body.messages.at(-1).role])
  assert.deepEqual(said, [
    ['m1', true, 1, 'user'],
    ['m1', true, 3, 'user'],
    ['m1', true, 5, 'user'],
  ])
  const results = asked.slice(1).map(({ messages }) => {
    const [{ type, tool_use_id, content, is_error }] = messages.at(-1).content
    return [type, tool_use_id, content, is_error]
  })
  assert.deepEqual(results, [
    ['tool_result', 'toolu_bash', 'written\n', false],
    ['tool_result', 'toolu_read', 'THE HERON STANDS STILL.\n', false],
  ])
  for (const { request, body } of upstream.calls) {
    assert.equal(request.headers.authorization, `Bearer ${UPSTREAM_KEY}`)
    assert.ok(![...request.rawHeaders, request.url, `${body}`].some((text) => text?.includes(key)), 'the key went on')
  }

  await until(async () => (await usedBy(gate)).calls === 3, 'the use of three calls')
  assert.deepEqual(await usedBy(gate), { calls: 3, input: 3 * usage.input_tokens, output: 30 + 20 + 12, dollars: 0 })
})

test('a coding agent says why it is refused, and works again where it is let in', { skip }, async (t) => {
  await using gate = await startGate({ models })
  await using desk = await layDesk(note)
  const { app, upstream } = gate
  const { projects } = app.admin().organization
  upstream.answer(says('Good day.'))
  const fails = async (key: string, { model }: Pick<Task, 'model'>, ...words: string[]) => {
    const before = upstream.calls.length
    const { code, stdout, stderr } = await runAgent({ url: app.url, key }, desk, { ...task, model })
    assert.deepEqual([code, stdout, upstream.calls.length - before], [1, '', 0], stderr)
    assert.deepEqual([words.filter((one) => !stderr.includes(one)), stderr.includes(key)], [[], false], stderr)
  }
  const works = async (key: string, { model }: Pick<Task, 'model'>) => {
    const ended = await runAgent({ url: app.url, key }, desk, { ...task, model })
    assert.deepEqual(ended, { code: 0, stdout: 'Good day.\n', stderr: '' })
  }

  await t.test('a model that the project may not use', async () => {
    const { projectId, key } = await makeKey(app)
    await projects.modelPermissions.update(projectId, { mode: 'allow_list', model_ids: ['m2'] })
    await fails(key, task, '403 ', `Project \`${projectId}\` does not have access to model \`m1\``)
    await works(key, { model: 'm2' })
    await projects.modelPermissions.delete(projectId)
    await works(key, task)
  })
  await t.test('a model that is none', async () => {
    await fails(gate.key, { model: 'm3' }, '404 ', 'm3')
  })
  await t.test('a key that was deleted', async () => {
    const { projectId, key, keyId } = await makeKey(app)
    await works(key, task)
    await projects.apiKeys.delete(keyId, { project_id: projectId })
    await fails(key, task, '401 ', 'Incorrect API key')
  })
})
