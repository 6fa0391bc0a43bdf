import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeKey } from '../gateway/gate.ts'
import { startTestApp } from '../support/harness.ts'
import { type Received, SERVER_KEY, startModelServer } from './model-server.ts'
import type { Place, Scenario, Scenarios } from './scenario.ts'

/*
 * Clients that nobody here wrote, each doing what its users do: against a model server, and against the same through the gate.
 * They tell the same, to the last word and the last part of a stream, and the model server is asked the same.
 */

const folder = import.meta.dirname
const pinned: Record<string, string> = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies
const missing = Object.keys(pinned).filter((name) => !existsSync(join(folder, 'node_modules', name)))
const skip = missing.length > 0 && `not installed (npm ci --prefix test/clients): ${missing.join(', ')}`

/** The file, and the clients in it. */
const clients = {
  'openai-node.ts': ['openai'],
  'ai-sdk.ts': ['ai', '@ai-sdk/openai', '@ai-sdk/openai-compatible'],
  'langchain.ts': ['@langchain/openai'],
  'agents.ts': ['@openai/agents'],
  'anthropic.ts': ['@anthropic-ai/sdk'],
  'coding-agent.ts': ['@earendil-works/pi-coding-agent'],
}

test('README names each of them with the version that is tried', () => {
  const readme = readFileSync(join(folder, '../../README.md'), 'utf8')
  const named = Object.values(clients).flat()
  assert.deepEqual(
    named.filter((name) => !readme.includes(`\`${name}\` ${pinned[name]}`)),
    [],
  )
})

for (const [file, names] of Object.entries(clients)) {
  const title = names.map((name) => `${name} ${pinned[name]}`).join(', ')
  test(`${title} cannot tell the gate from the model server behind it`, { skip }, async (t) => {
    const sets: Record<string, Scenarios> = await import(`./${file}`)
    await using stack = new AsyncDisposableStack()
    const server = stack.use(await startModelServer())
    const env = { GATEHOUSE_UPSTREAM_URL: server.url, GATEHOUSE_UPSTREAM_KEY: SERVER_KEY }
    const app = stack.use(await startTestApp({ env }))
    const { key } = await makeKey(app)
    const told = async (scenario: Scenario, place: Place) => {
      server.received.length = 0
      const said = await scenario(place)
      return { said: plain(said), asked: server.received.map(askedOf) }
    }
    for (const [set, scenarios] of Object.entries(sets)) {
      for (const [what, scenario] of Object.entries(scenarios)) {
        await t.test(`${set}: ${what}`, async () => {
          const directly = await told(scenario, { url: server.url, key: SERVER_KEY })
          const through = await told(scenario, { url: `${app.url}/v1`, key })
          assert.deepEqual(through, directly)
        })
      }
    }
  })
}

/**
 * What is sent over as JSON is compared: classes of a client hold more of where they called. A model server that the gate asks
 * for its use says `usage: null` in each part of a stream, as the original does of whoever asks: that much is to be seen.
 */
const plain = (said: unknown): unknown =>
  JSON.parse(JSON.stringify(said ?? null, (key, value) => (key === 'usage' && value === null ? undefined : value)))

/**
 * A request without what is the gate's to add or to leave out, and without a form's boundary, which every client makes up anew. Of
 * the query that clients of betas of the Anthropic API send with a message the model server does not hear: their header says it.
 */
function askedOf({ path: sent, body }: Received): unknown {
  const path = sent === '/v1/messages?beta=true' ? '/v1/messages' : sent
  if (!body.startsWith('{')) return { path, parts: [...body.matchAll(/name="([^"]*)"/g)].map(([, name]) => name) }
  const { stream_options: _, ...asked } = JSON.parse(body)
  return { path, asked }
}
