import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeKey, startGate } from '../gateway/gate.ts'
import { asked, message, text } from '../gateway/messages/model-server.ts'
import { json } from '../gateway/upstream.ts'

/*
 * What the official client of the Anthropic API makes of the gate's own answers.
 */

const isThere = existsSync(join(import.meta.dirname, 'node_modules/@anthropic-ai/sdk'))
const skip = !isThere && 'not installed (npm ci --prefix test/clients): @anthropic-ai/sdk'
const listed = ['m1', 'm2', 'm3'].map((id, i) => ({ id, object: 'model', created: 1_700_000_000 + i }))
const params = { ...asked, messages: [{ role: 'user' as const, content: 'hello there' }] }

test('the official client lists models, page by page, and tells refusals by its own classes', { skip }, async () => {
  const { default: Anthropic, ...errors } = await import('@anthropic-ai/sdk')
  await using gate = await startGate({ models: listed })
  const { app, key } = gate
  const at = (apiKey: string) => new Anthropic({ baseURL: app.url, apiKey, authToken: null, maxRetries: 0 })
  const { data } = await at(key).models.list()
  assert.deepEqual(data.map(({ id, type, created_at }) => [id, type, created_at])[0], [
    'm3',
    'model',
    '2023-11-14T22:13:22.000Z',
  ])
  const ids: string[] = []
  for await (const { id } of at(key).models.list({ limit: 1 })) ids.push(id)
  assert.deepEqual(ids, ['m3', 'm2', 'm1'])
  assert.equal((await at(key).models.retrieve('m2')).display_name, 'm2')

  const fails = (
    call: PromiseLike<unknown>,
    kind: new (...args: never[]) => Error,
    type: string,
    code: string | null,
  ) =>
    assert.rejects(Promise.resolve(call), (error) => {
      assert.ok(error instanceof kind && error instanceof errors.APIError, String(error))
      assert.deepEqual([error.type, error.errorCode], [type, code])
      assert.match(error.requestID ?? '', /^req_/)
      return true
    })
  const { projects } = app.admin().organization
  await fails(
    at('sk-none').messages.create(params),
    errors.AuthenticationError,
    'authentication_error',
    'invalid_api_key',
  )
  await fails(
    at(key).messages.create({ ...params, model: 'none' }),
    errors.NotFoundError,
    'not_found_error',
    'model_not_found',
  )
  await fails(
    at(key).messages.create({ ...params, container: 'c' }),
    errors.BadRequestError,
    'invalid_request_error',
    'not_offered',
  )
  await fails(at(key).messages.batches.list(), errors.NotFoundError, 'not_found_error', 'not_offered')
  gate.upstream.answer(json({ error: 'ours' }, 429))
  await fails(at(key).messages.create(params), errors.OverloadedError, 'overloaded_error', 'upstream_rate_limited')
  const { projectId, keyId, key: narrow } = await makeKey(app)
  await projects.apiKeys.update(keyId, { project_id: projectId, scopes: ['api.model.read'] })
  await fails(at(narrow).messages.create(params), errors.PermissionDeniedError, 'permission_error', null)
})

test('the official client waits as long as a limit says, and is let in then', { skip }, async () => {
  const { default: Anthropic, RateLimitError } = await import('@anthropic-ai/sdk')
  await using gate = await startGate({ models: listed })
  const { app } = gate
  const { projectId: project_id, key } = await makeKey(app)
  const limits = { project_id, max_requests_per_1_minute: 30 }
  await app.admin().organization.projects.rateLimits.updateRateLimit('rl-m1', limits)
  gate.upstream.answer(json(message([text('hi')])))
  const client = new Anthropic({ baseURL: app.url, apiKey: key, authToken: null })
  const once = () =>
    client.messages.create(params, { maxRetries: 0 }).then(
      () => null,
      (error: unknown) => error,
    )
  let refusal: unknown = null
  for (let calls = 0; refusal === null && calls < 200; calls++) refusal = await once()
  assert.ok(refusal instanceof RateLimitError, String(refusal))
  assert.ok(Number(refusal.headers.get('retry-after-ms')) > 0)
  // Another call in a time of the client's own making would be refused again.
  const [block] = (await client.messages.create(params, { maxRetries: 1 })).content
  assert.equal(block?.type === 'text' && block.text, 'hi')
})
