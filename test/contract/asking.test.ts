import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type Endpoint, endpoints } from '../../src/admin/index.ts'
import { databases } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { until } from '../support/until.ts'
import { send, steady, targetOf } from './call.ts'
import { newOrganization, type Organization, TESTS_EACH } from './organizations.ts'
import { type ValidRequest, validRequest } from './requests.ts'
import { asSchema, type Schema } from './variations.ts'

/*
 * Ways to ask for the same: without the body of the answer, and in the words of each client's language.
 */

type Case = { app: TestApp; endpoint: Endpoint; request: ValidRequest; key: string }

for (const database of databases) {
  describe(`${database}: what is read can be asked for in each client's way:`, () => {
    let app: TestApp
    let own: Organization
    let begun = 0
    before(async () => {
      app = await startTestApp({ database })
    })
    beforeEach(async () => {
      if (begun++ % TESTS_EACH !== 0) return
      own = await newOrganization(app)
      await until(() => isKnownUsed(app, own), 'that the key was used is written')
    })
    after(() => app[Symbol.asyncDispose]())

    for (const endpoint of endpoints.filter(({ route }) => route.method === 'GET')) {
      test(endpoint.name, async () => {
        const at = { app, endpoint, request: await validRequest(endpoint.name, own, app), key: own.key }
        await answersHead(at)
        await understandsWords(at)
      })
    }
  })
}

/** Whether it shows that the key was used, for which it is used: when that was is written later, and makes an answer longer the first time. */
async function isKnownUsed(app: TestApp, { key, keyId, ownerId }: Organization): Promise<boolean> {
  const paths = [`users/${ownerId}`, `admin_api_keys/${keyId}`]
  const replies = await Promise.all(paths.map((path) => app.send('GET', `/v1/organization/${path}`, { key })))
  return replies.every(({ text }) => /"(api_key_)?last_used_at":\d/.test(text))
}

/** What differs from one answer to the next, or is the connection's. */
const ofEach = new Set(['date', 'x-request-id', 'openai-processing-ms', 'connection', 'keep-alive'])
const lasting = (headers: Headers) => [...headers].filter(([name]) => !ofEach.has(name))

async function answersHead({ app, endpoint, request, key }: Case) {
  const refused = targetOf(endpoint, request, { limit: 'x', after: 'nobodys' })
  for (const target of [targetOf(endpoint, request), refused]) {
    for (const shown of [key, null, 'sk-admin-nobodys']) {
      const get = await send(app, 'GET', target, { key: shown })
      const head = await send(app, 'HEAD', target, { key: shown })
      assert.deepEqual([head.status, head.text], [get.status, ''], target)
      // What was answered at another second, or names itself, is as long as before.
      assert.deepEqual(lasting(head.headers), lasting(get.headers), target)
      assert.equal(head.headers.get('content-length'), String(Buffer.byteLength(get.text)))
    }
  }
}

/** The texts that mean the same value, for a parameter of this kind; of a list, the queries. */
function sayings(name: string, schema: Schema): string[][] {
  const types = [schema.type ?? []].flat()
  if (types.includes('boolean')) {
    return [
      ['true', 'True', 'TRUE', 'tRuE', '1'],
      ['false', 'False', 'FALSE', '0'],
    ].map((texts) => texts.map((text) => `${name}=${text}`))
  }
  if (types.includes('integer')) {
    const least = schema.minimum ?? 1
    return [[`${name}=${least + 1}`, `${name}=0${least + 1}`, `${name}[]=${least + 1}`, `${name}[0]=${least + 1}`]]
  }
  if (!types.includes('array')) return []
  const [a = 'one', b = a] = (schema.items?.enum ?? ['one@example.com', 'two@example.com']) as string[]
  const all = [a, b]
  const written = (key: (i: number) => string) => all.map((one, i) => `${encodeURIComponent(key(i))}=${one}`).join('&')
  return [
    [
      written(() => `${name}[]`),
      written(() => name),
      written((i) => `${name}[${i}]`),
      written((i) => `${name}[${i + 7}]`),
      `${name}[0]=${a}&${name}[]=${b}`,
    ],
    [`${name}[]=${a}`, `${name}=${a}`, `${name}[0]=${a}`, `${name}%5B0%5D=${a}`],
  ]
}

async function understandsWords({ app, endpoint, request, key }: Case) {
  const { query = {}, ...rest } = request
  for (const [name, schema] of Object.entries(asSchema(endpoint.route.query).properties ?? {})) {
    const { [name]: _, ...others } = query
    const target = targetOf(endpoint, { ...rest, query: others })
    for (const same of sayings(name, schema)) {
      let first: string | null = null
      for (const words of same) {
        const { status, body } = await send(app, 'GET', `${target}${target.includes('?') ? '&' : '?'}${words}`, { key })
        if (!name.endsWith('_time')) assert.equal(status, 200, `${words}: ${JSON.stringify(body)}`)
        first ??= steady(body)
        assert.equal(steady(body), first, words)
      }
    }
  }
}
