import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpoints } from '../../src/admin/index.ts'
import { call, pathOf } from '../contract/call.ts'
import { newOrganization } from '../contract/organizations.ts'
import { validRequest } from '../contract/requests.ts'
import { newWorld } from '../sdk/scenario.ts'
import { scenarios } from '../sdk/scenarios.ts'
import { startTestApp } from '../support/harness.ts'
import { operationsIn } from './diff.ts'
import { published, ReplyJudge, withoutPublished } from './published.ts'

const skip = withoutPublished

test('every reply, to the official client or another, is of the published form', { skip }, async () => {
  const document = published()
  const judge = new ReplyJudge(document)
  const judgingFetch: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    const { pathname } = new URL(input instanceof Request ? input.url : input)
    const method = (init?.method ?? 'GET').toUpperCase()
    if (response.ok) judge.judge(method, pathname.slice('/v1'.length), await response.clone().json())
    return response
  }
  await using app = await startTestApp()
  for (const scenario of Object.values(scenarios)) {
    await scenario((await newWorld(app, 'sqlite', judgingFetch)).world)
  }
  const own = await newOrganization(app)
  for (const endpoint of endpoints) {
    const request = await validRequest(endpoint.name, own, app)
    const reply = await call(app, endpoint, request, { key: own.key })
    assert.equal(reply.status, 200, `${endpoint.name}: ${reply.text}`)
    judge.judge(endpoint.route.method, pathOf(endpoint, request.params).slice('/v1'.length), reply.body)
  }
  assert.deepEqual(judge.objections, [])

  const { body } = await app.send('GET', '/openapi.json')
  const both = [...operationsIn(body).keys()].filter((name) => operationsIn(document).has(name))
  assert.ok(both.length > 0)
  assert.deepEqual(
    both.filter((name) => !judge.judged.has(name)),
    [],
    'operations of which no reply was judged',
  )
})

test('a reply that is not of the published form would be noticed', { skip }, () => {
  const judge = new ReplyJudge(published())
  const project = { id: 'proj_1', object: 'organization.project', created_at: 1, name: null }
  judge.judge('GET', '/organization/projects/proj_1', project)
  assert.deepEqual(judge.objections, [])
  judge.judge('GET', '/organization/projects/proj_1', { ...project, created_at: '1' })
  judge.judge('GET', '/organization/projects', {
    object: 'list',
    data: [{ ...project, id: undefined }],
    has_more: false,
  })
  assert.match(judge.objections.join('\n'), /created_at must be integer[\s\S]*must have required property 'id'/)
})
