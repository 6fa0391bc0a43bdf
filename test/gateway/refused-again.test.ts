import assert from 'node:assert/strict'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { test } from 'node:test'
import { mintKey } from '../../src/core/key.ts'
import { CHAT, makeKey, question, startGate } from './gate.ts'

type Answer = { status: number | undefined; headers: IncomingHttpHeaders; text: string }

test('whoever is refused again and again is told the same, and nothing of what others were told', async () => {
  await using gate = await startGate()
  const { apiKeys } = gate.app.admin().organization.projects
  const other = await makeKey(gate.app)
  for (const { projectId, keyId } of [gate, other]) {
    await apiKeys.update(keyId, { project_id: projectId, scopes: ['api.model.read'] })
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (key: string | null, extra: Record<string, string> = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }), ...extra }
      request(gate.app.url + CHAT, { agent, method: 'POST', headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part) => {
          text += part
        })
        response.once('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
      })
        .once('error', reject)
        .end(JSON.stringify(question))
    })
  const told = async (key: string | null): Promise<Answer> => {
    const { headers, ...rest } = await ask(key)
    const { 'x-request-id': id, date, ...same } = headers
    assert.match(String(id), /^req_/)
    return { ...rest, headers: same }
  }
  const keys = {
    none: null,
    mistyped: gate.key.slice(0, -1) + (gate.key.endsWith('A') ? 'Q' : 'A'),
    'of nobody': mintKey('service_account').value,
    'too narrow': gate.key,
    'as narrow, of another project': other.key,
  }
  try {
    const first = new Map<string, Answer>()
    for (const [whose, key] of Object.entries(keys)) first.set(whose, await told(key))
    // What one of them is told otherwise is not told to the next.
    assert.equal((await ask(gate.key, { 'openai-project': 'proj_other' })).status, 401)
    for (let i = 0; i < 3; i++) {
      for (const [whose, key] of Object.entries(keys)) {
        // Twice in a row: what a connection brought last is remembered with it.
        for (let j = 0; j < 2; j++) assert.deepEqual(await told(key), first.get(whose), whose)
      }
    }
    const messages = new Set([...first.values()].map(({ text }) => text))
    assert.equal(messages.size, 4)
    for (const { status, headers, text } of first.values()) {
      assert.deepEqual([status, headers['x-gatehouse-error-source']], [401, 'gateway'])
      assert.deepEqual(Object.keys(JSON.parse(text).error), ['message', 'type', 'param', 'code'])
    }
  } finally {
    agent.destroy()
  }
})
