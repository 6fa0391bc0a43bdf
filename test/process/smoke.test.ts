import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../support/databases.ts'
import { startTestApp } from '../support/harness.ts'

for (const database of databases) {
  test(`${database}: the official SDK makes a project and a key, the key opens the gate, and deleted it opens nothing`, async () => {
    await using app = await startTestApp({ database })
    const { projects } = app.admin().organization
    const project = await projects.create({ name: 'first' })
    const account = await projects.serviceAccounts.create(project.id, { name: 'bot' })
    assert.ok(account.api_key)
    const client = app.client(account.api_key.value)
    const answer = await client.chat.completions.create({
      model: 'echo',
      messages: [{ role: 'user', content: 'hello' }],
    })
    assert.equal(answer.choices[0]?.message.content, 'hello')
    await projects.apiKeys.delete(account.api_key.id, { project_id: project.id })
    await assert.rejects(client.models.list(), { status: 401, code: 'invalid_api_key' })
  })
}
