import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { ownedKinds } from '../../../src/core/owned.ts'
import { idKinds } from '../../../src/gateway/routes/ids.ts'
import { databases, openTestDatabase } from '../../support/databases.ts'
import { type Reply, startTestApp, type TestApp } from '../../support/harness.ts'
import { until } from '../../support/until.ts'
import type { Account } from '../account/account.ts'
import { makeKey } from '../gate.ts'
import { isKeptElsewhere, type Kind, kindOf, kindTests, type Way } from './kinds.ts'
import { envOf, startShared } from './shared.ts'
import { BEHIND, behind, besideOwn, besideStrange, isEnd, listsOf, waysTo, waysWithout } from './ways.ts'

/*
 * Every kind of things that a project owns, by its declaration: two projects of one account, and what the account holds of nobody.
 */

const all = Object.keys(kindTests) as Kind[]

test('there is a test of every kind, and of every id that a path can name but a model', () => {
  const names = Object.keys(idKinds) as (keyof typeof idKinds)[]
  assert.deepEqual(
    names.filter((name) => kindOf(name) === null),
    ['model'],
  )
  assert.deepEqual([...new Set([...ownedKinds, ...names.flatMap((name) => kindOf(name) ?? [])])].sort(), all.sort())
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
async function every(app: TestApp, key: string, kind: Kind, id: string, isOwn = false): Promise<Way[]> {
  const client = clientOf(app, key)
  const beside = isOwn ? await besideOwn(kind, id, client) : besideStrange(client)
  return [...(await waysTo(kind, id, beside)), ...(await kindTests[kind].named(id, client)), ...behind(kind, id)]
}

/** What the model server was asked, but for its models, by which each server begins. */
const askedOf = ({ requests }: Account) => requests.filter(({ path }) => path !== '/v1/models').length

/** Kinds whose ids order their lists: one that names nothing has its place there, and so has another project's, of which nothing is told by that. */
const placed: ReadonlySet<Kind> = new Set(['webhook_endpoint'])

/**
 * That something is nobody's for a key: in the words of what never was, and without a question to the model server.
 * @param wasTheirs whether it was the key's project's and is gone: who deletes what a list shows goes on behind it
 */
async function isNobodys(app: TestApp, account: Account, key: string, kind: Kind, id: string, wasTheirs = false) {
  const never = id.replace(/.{4}$/, 'zzzz')
  const unknown = await every(app, key, kind, never)
  const known = await every(app, key, kind, id)
  const before = askedOf(account)
  const isRefused = async (way: Way, i: number) => {
    const isPlace = way.what === BEHIND && placed.has(kind)
    if (wasTheirs && way.what === BEHIND && !isPlace) return
    const [reply, other] = await Promise.all([send(app, key, way), send(app, key, unknown[i] as Way)])
    const status = isPlace ? 200 : 404
    assert.equal(reply.status, status, `${way.what}: ${reply.text}`)
    assert.deepEqual([other.status, other.text], [status, reply.text.replaceAll(id, never)], way.what)
    assert.ok(!isPlace || !reply.text.includes(id), `${way.what}: ${reply.text}`)
  }
  // Some at once: each waits for what another server might just have written.
  for (let i = 0; i < known.length; i += 8)
    await Promise.all(known.slice(i, i + 8).map((way, j) => isRefused(way, i + j)))
  assert.equal(askedOf(account), before, 'the model server was asked')
  for (const path of listsOf(kind)) {
    const { body } = await app.send('GET', path, { key })
    assert.ok(!body.data.some((one: { id: string }) => one.id === id), `${path} shows it`)
  }
}

/** That it is there in every way for a key, but those that end it. */
async function isTheirs(app: TestApp, key: string, kind: Kind, id: string) {
  for (const way of (await every(app, key, kind, id, true)).filter((one) => !isEnd(one, kind))) {
    const { status, text, headers } = await send(app, key, way)
    // What the account says itself of a route that it lacks, or of a body that is none, is another matter; so is what the gate says of its own.
    if (isKeptElsewhere(kind))
      assert.notEqual(headers.get('x-gatehouse-error-source'), 'gateway', `${way.what}: ${text}`)
    else assert.ok(![401, 403, 404].includes(status), `${way.what}: ${text}`)
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

/** That nothing is listed to a project which has nothing, and that there is no more of it. */
async function isEmpty(app: TestApp, kind: Kind) {
  const { key } = await makeKey(app)
  for (const path of listsOf(kind)) {
    const { data, has_more, first_id, last_id } = (await app.send('GET', path, { key })).body
    assert.deepEqual([data, has_more, first_id, last_id], [[], false, null, null], path)
  }
}

for (const database of databases) {
  for (const kind of all) {
    test(`${database}: a ${kind} is its project's alone, from its first moment to its last, on every node and after a restart`, async () => {
      await using own = await openTestDatabase(database)
      await using it = await startShared({ databaseUrl: own.url })
      const { app, account, a, b } = it
      const theirs = kindTests[kind]
      const id = await theirs.make(a.client)
      // On a file there is no second node: what begins there begins when all is written.
      if (database === 'sqlite') await until(() => isWritten(app, kind, id), 'its owner to be written')
      const start = () => startTestApp({ databaseUrl: own.url, env: envOf(account) })
      // A second server on the same database, from the moment that the first has answered.
      await using next = await start()
      const other = (await makeKey(app, a.projectId)).key
      for (const server of [next, app]) {
        for (const key of [a.key, other]) await isTheirs(server, key, kind, id)
        await isNobodys(server, account, b.key, kind, id)
        await isNobodys(server, account, a.key, kind, theirs.nobodys(account))
        await isEmpty(server, kind)
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
      for (const way of [...(await waysTo(kind, id)), ...behind(kind, id), ...(await waysWithout(kind))]) {
        const reply = await send(app, narrow.body.value, way)
        assert.equal(reply.status, 401, `${way.what}: ${reply.text}`)
      }
      const [end] = (await waysTo(kind, id, await besideOwn(kind, id, a.client))).filter((one) => isEnd(one, kind))
      if (end === undefined) return
      assert.equal((await send(app, a.key, end)).status, 200)
      const areNobodys = async (server: TestApp) => {
        for (const { key } of [a, b]) await isNobodys(server, account, key, kind, id, key === a.key)
      }
      await areNobodys(app)
      // On other nodes when it is written.
      await until(() => isOver(app, id), 'its end to be written')
      await isNobodys(next, account, b.key, kind, id)
      await using restarted = await start()
      await areNobodys(restarted)
    })
  }
}

/** Whether the database knows of it. */
async function isWritten({ db }: TestApp, kind: Kind, id: string): Promise<boolean> {
  const rows = await db.selectFrom('owned').select('id').where('id', '=', id).execute()
  return rows.length > 0 || !isKeptElsewhere(kind)
}

/** Whether the database knows of no owner of it any more. */
async function isOver({ db, now }: TestApp, id: string): Promise<boolean> {
  const rows = await db.selectFrom('owned').select('expires_at').where('id', '=', id).execute()
  return rows.every(({ expires_at }) => expires_at <= now())
}
