import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import type { OwnedKind } from '../../../src/core/owned.ts'
import { databases, openTestDatabase } from '../../support/databases.ts'
import { type Reply, startTestApp, type TestApp } from '../../support/harness.ts'
import type { Account } from '../account/account.ts'
import { makeKey } from '../gate.ts'
import { besideOwn, besideStrange, isEnd, kindTests, listsOf, offeredKinds, type Way, waysTo } from './kinds.ts'
import { envOf, startShared } from './shared.ts'

/*
 * Every kind that upstreams offer, by its declaration: two projects of one account, and what the account holds of nobody.
 */

test('there is a test of every kind', () => {
  assert.deepEqual(Object.keys(kindTests).sort(), [...offeredKinds].sort())
})

async function send(app: TestApp, key: string, { method, path, body, form }: Way): Promise<Reply> {
  if (!form) return app.send(method, path, { key, ...(body && { body }) })
  const sent = new FormData()
  for (const [name, text] of Object.entries(form))
    if (text === null) sent.append(name, new Blob(['x']), 'x.bin')
    else sent.append(name, text)
  const reply = await fetch(app.url + path, { method, headers: { authorization: `Bearer ${key}` }, body: sent })
  const text = await reply.text()
  return { status: reply.status, headers: reply.headers, text, body: JSON.parse(text) }
}

const clientOf = ({ url }: TestApp, apiKey: string) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })

/** Every way to reach something, for a key. @param isOwn whether it is the key's project's */
async function every(app: TestApp, key: string, kind: OwnedKind, id: string, isOwn = false): Promise<Way[]> {
  const client = clientOf(app, key)
  const beside = isOwn ? await besideOwn(kind, id, client) : besideStrange(client)
  return [...(await waysTo(kind, id, beside)), ...((await kindTests[kind]?.named(id, client)) ?? [])]
}

/** That something is nobody's for a key: in the words of what never was, and without a question to the model server. */
async function isNobodys(app: TestApp, account: Account, key: string, kind: OwnedKind, id: string) {
  const never = id.replace(/.{4}$/, 'zzzz')
  const unknown = await every(app, key, kind, never)
  const known = await every(app, key, kind, id)
  const before = account.requests.length
  for (const [i, way] of known.entries()) {
    const [reply, other] = [await send(app, key, way), await send(app, key, unknown[i] as Way)]
    assert.equal(reply.status, 404, `${way.what}: ${reply.text}`)
    assert.deepEqual([other.status, other.text], [404, reply.text.replaceAll(id, never)], way.what)
  }
  assert.equal(account.requests.length, before, 'the model server was asked')
  for (const path of listsOf(kind)) {
    const { body } = await app.send('GET', path, { key })
    assert.ok(!body.data.some((one: { id: string }) => one.id === id), `${path} shows it`)
    if (body.data.length === 0) assert.deepEqual([body.has_more, body.first_id, body.last_id], [false, null, null])
  }
}

/** That it is there in every way for a key, but those that end it. */
async function isTheirs(app: TestApp, key: string, kind: OwnedKind, id: string) {
  for (const way of (await every(app, key, kind, id, true)).filter((one) => !isEnd(one, kind))) {
    const { status, text, headers } = await send(app, key, way)
    // What the account says itself of a route that it lacks, or of a body that is none, is another matter.
    assert.notEqual(headers.get('x-gatehouse-error-source'), 'gateway', `${way.what}: ${text}`)
    assert.ok(status < 500, `${way.what}: ${text}`)
  }
  for (const path of listsOf(kind)) {
    const { body } = await app.send('GET', path, { key })
    assert.ok(
      body.data.some((one: { id: string }) => one.id === id),
      `${path} does not show it`,
    )
  }
}

for (const database of databases) {
  for (const kind of offeredKinds) {
    test(`${database}: a ${kind} is its project's alone, from its first moment to its last, on every node and after a restart`, async () => {
      await using own = await openTestDatabase(database)
      await using it = await startShared({ databaseUrl: own.url })
      const { app, account, a, b } = it
      const theirs = kindTests[kind]
      assert.ok(theirs)
      const id = await theirs.make(a.client)
      // A second server on the same database, from the moment that the first has answered.
      await using next = await startTestApp({ databaseUrl: own.url, env: envOf(account) })
      const other = (await makeKey(app, a.projectId)).key
      for (const server of [next, app]) {
        for (const key of [a.key, other]) await isTheirs(server, key, kind, id)
        await isNobodys(server, account, b.key, kind, id)
        await isNobodys(server, account, a.key, kind, theirs.nobodys(account))
      }
      // Who may not, may not, whoever's it is.
      const narrow = await app.send(
        'POST',
        `/v1/organization/projects/${a.projectId}/service_accounts/${a.accountId}/api_keys`,
        {
          body: { name: 'n', scopes: ['api.model.read'] },
        },
      )
      assert.equal(narrow.status, 200, narrow.text)
      for (const way of await waysTo(kind, id)) {
        const reply = await send(app, narrow.body.value, way)
        assert.equal(reply.status, 401, `${way.what}: ${reply.text}`)
      }
      const [end] = (await waysTo(kind, id, await besideOwn(kind, id, a.client))).filter((one) => isEnd(one, kind))
      if (end === undefined) return
      assert.equal((await send(app, a.key, end)).status, 200)
      for (const key of [a.key, b.key]) await isNobodys(app, account, key, kind, id)
    })
  }
}
