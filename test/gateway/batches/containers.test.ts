import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { databases, openTestDatabase } from '../../support/databases.ts'
import { startTestApp } from '../../support/harness.ts'
import { addContainer, addContainerFile } from '../account/containers.ts'
import { Content } from '../account/content.ts'
import { envOf } from '../owned/shared.ts'
import { create, jsonl, startStage } from './stage.ts'

const RESPONSES = '/v1/responses'
const tools = [{ type: 'code_interpreter', container: { type: 'auto' } }]
const line = (custom_id: string) => ({
  ...{ custom_id, method: 'POST', url: RESPONSES },
  body: { model: 'm1', input: 'draw', tools },
})

for (const database of databases) {
  test(`${database}: a container that a tool of a line has made is the project's with the results, and what is another's stays that`, async () => {
    await using own = await openTestDatabase(database)
    await using it = await startStage({ databaseUrl: own.url, nobody: { containers: 3 } })
    const { account, a, b } = it
    const theirs = await b.client.containers.create({ name: 'theirs' })
    const made = Array.from({ length: 2 }, () => {
      const { id } = addContainer(account.containers, { name: 'auto' })
      const about = { filename: 'drawn.txt', content: Content.of('drawn\n'), source: 'assistant' } as const
      return { container_id: id, file_id: addContainerFile(account.containers, id, about).id }
    })
    /** A line that says that a tool ran in a container, and cites what it made there. */
    const answer = (_: unknown, index: number) => {
      const { container_id = theirs.id, file_id = 'cfile_none' } = made[index] ?? {}
      const cited = { type: 'container_file_citation', container_id, file_id, filename: 'drawn.txt' }
      const content = [{ type: 'output_text', text: 'here', annotations: [cited] }]
      const output = [
        { id: `ci_${index}`, type: 'code_interpreter_call', status: 'completed', container_id },
        { id: `msg_${index}`, type: 'message', role: 'assistant', content },
      ]
      const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 }
      return { status_code: 200, body: { id: `resp_${index}`, object: 'response', status: 'completed', output, usage } }
    }
    const batch = await create(a.client, jsonl(['a', 'b', 'c'].map(line)), { endpoint: RESPONSES })
    account.move((await it.sent(batch.id)).id, 'completed', { answer })
    await it.reach(a.client, batch.id, 'completed')
    await using next = await startTestApp({ databaseUrl: own.url, env: envOf(account) })
    for (const { url } of [it.app, next]) {
      const [client, other] = [a, b].map(
        ({ key }) => new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 }),
      ) as [OpenAI, OpenAI]
      const listed = (await Array.fromAsync(client.containers.list())).map(({ id }) => id)
      assert.deepEqual(listed.sort(), made.map(({ container_id }) => container_id).sort())
      for (const { container_id, file_id } of made) {
        const content = await client.containers.files.content.retrieve(file_id, { container_id })
        assert.equal(await content.text(), 'drawn\n')
        await assert.rejects(other.containers.retrieve(container_id), { status: 404 })
        await assert.rejects(other.containers.files.retrieve(file_id, { container_id }), { status: 404 })
      }
      assert.equal((await other.containers.retrieve(theirs.id)).id, theirs.id)
      await assert.rejects(client.containers.retrieve(theirs.id), { status: 404 })
      // What a response of a line is called nobody can go on from.
      await assert.rejects(client.responses.retrieve('resp_0'), { status: 404 })
    }
  })
}
