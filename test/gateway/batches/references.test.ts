import assert from 'node:assert/strict'
import { test } from 'node:test'
import type OpenAI from 'openai'
import { batchEndpoints } from '../../../src/gateway/routes/batches.ts'
import { type Kind, kindTests, type Way } from '../owned/kinds.ts'
import { create, jsonl, type Stage, startStage } from './stage.ts'

/*
 * Whatever a body can name, a line of a batch can: its project's own, and nobody else's, by every body that the kinds' tests have.
 */

/** The bodies that name something and can be lines, by their endpoints. */
async function linesNaming(kind: Kind, id: string, client: OpenAI): Promise<[endpoint: string, ways: Way[]][]> {
  const named = (await kindTests[kind].named(id, client)).filter(({ path }) => batchEndpoints.includes(path))
  return [...Map.groupBy(named, ({ path }) => path)]
}

const make = (client: OpenAI, endpoint: string, ways: readonly Way[]) =>
  create(client, jsonl(ways.map(({ body }, i) => ({ custom_id: `${i}`, method: 'POST', url: endpoint, body }))), {
    endpoint,
  })

/** What is said of each line that is refused, and what of the same body alone, but for where it stands. */
async function saidOf({ app, reach }: Stage, client: OpenAI, key: string, endpoint: string, ways: readonly Way[]) {
  const { id } = await make(client, endpoint, ways)
  const { errors } = await reach(client, id, 'failed')
  const ofLines = (errors?.data ?? []).map(({ line, message }) => [line, message])
  const alone = await Promise.all(ways.map(({ body }) => app.send('POST', endpoint, { key, body: body ?? {} })))
  assert.ok(alone.every(({ status }) => status === 404))
  return { ofLines, alone: alone.map(({ body }, i) => [i + 1, body.error.message]) }
}

test('a line that names what is not its project’s is refused in the words of what never was, and one that names its own is sent', async () => {
  await using it = await startStage()
  const { a, b, account } = it
  const seen = new Set<string>()
  for (const kind of Object.keys(kindTests) as Kind[]) {
    const theirs = kindTests[kind]
    const id = await theirs.make(a.client)
    for (const [endpoint, ways] of await linesNaming(kind, id, b.client)) {
      seen.add(`${kind} ${endpoint}`)
      const { ofLines, alone } = await saidOf(it, b.client, b.key, endpoint, ways)
      assert.deepEqual(ofLines, alone, `${kind} in ${endpoint}`)
      assert.ok(alone.every(([, message]) => message.includes(id)))
    }
    for (const [endpoint, ways] of await linesNaming(kind, id, a.client))
      await it.sent((await make(a.client, endpoint, ways)).id)
    for (const [endpoint, ways] of await linesNaming(kind, theirs.nobodys(account), a.client))
      for (const said of Object.values(await saidOf(it, a.client, a.key, endpoint, ways)))
        assert.equal(said.length, ways.length, `${kind} in ${endpoint}`)
  }
  assert.ok(seen.size >= 9, `only these are tried: ${[...seen].join(', ')}`)
})
