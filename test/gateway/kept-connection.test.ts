import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { mintKey } from '../../src/core/key.ts'
import { CHAT, makeKey, question, startGate } from './gate.ts'

type Answer = { status: number | undefined; project: string | string[] | undefined; socket: Socket }

test('on one kept connection every request is judged by the key that it brings itself', async () => {
  await using gate = await startGate()
  const other = await makeKey(gate.app)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (key: string) =>
    new Promise<Answer>((resolve, reject) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      request(gate.app.url + CHAT, { agent, method: 'POST', headers }, (response) => {
        const { statusCode: status, headers: told, socket } = response
        const answer = { status, project: told['openai-project'], socket }
        response.resume().once('end', () => resolve(answer))
      })
        .once('error', reject)
        .end(JSON.stringify(question))
    })
  try {
    const mistyped = gate.key.slice(0, -1) + (gate.key.endsWith('A') ? 'Q' : 'A')
    const expected: [string, number, string | undefined][] = [
      [gate.key, 200, gate.projectId],
      [gate.key, 200, gate.projectId],
      [other.key, 200, other.projectId],
      [mistyped, 401, undefined],
      [mintKey('service_account').value, 401, undefined],
      [gate.key, 200, gate.projectId],
    ]
    const sockets = new Set<Socket>()
    for (const [key, status, project] of expected) {
      const answer = await ask(key)
      assert.deepEqual([answer.status, answer.project], [status, project])
      sockets.add(answer.socket)
    }
    assert.equal(sockets.size, 1)
    await gate.app.admin().organization.projects.apiKeys.delete(gate.keyId, { project_id: gate.projectId })
    assert.equal((await ask(gate.key)).status, 401)
  } finally {
    agent.destroy()
  }
})
