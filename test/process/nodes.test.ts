import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import OpenAI from 'openai'
import { openTestDatabase } from '../support/databases.ts'
import { endsWithin, type Server, serve, until } from './gatehouse.ts'

const ADMIN_KEY = 'sk-admin-for_tests_only_0123456789abcdefghijklmnop'
/** The bound on a revocation that another node made, even if the message about it is lost. */
const REVOKED_WITHIN_MS = 5000

const client = ({ url }: Server, key: string) =>
  new OpenAI({ baseURL: `${url}/v1`, adminAPIKey: key, apiKey: key, maxRetries: 0 })
const statusOf = async ({ url }: Server, path: string, key?: string) =>
  (await fetch(`${url}${path}`, key ? { headers: { authorization: `Bearer ${key}` } } : {})).status
const opens = async (server: Server, key: string) => (await statusOf(server, '/v1/models', key)) === 200

describe('serve --only', () => {
  test('each door can be served alone; the others answer like unknown URLs, and operations are always there', async () => {
    await using database = await openTestDatabase('sqlite')
    const env = { GATEHOUSE_DATABASE_URL: database.url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY }
    const paths = { admin: '/v1/organization/projects', gateway: '/v1/models', docs: '/openapi.json' }
    let key = ADMIN_KEY
    for (const only of ['admin', 'gateway', 'docs'] as const) {
      await using server = await serve({ env }, ['--only', only])
      for (const [door, path] of Object.entries(paths)) {
        const status = await statusOf(server, path, door === 'gateway' ? key : ADMIN_KEY)
        assert.equal(status, door === only ? 200 : 404, `${path} with --only ${only}`)
      }
      for (const path of ['/healthz', '/readyz', '/metrics']) assert.equal(await statusOf(server, path), 200)
      if (only === 'admin') {
        const { projects } = client(server, ADMIN_KEY).admin.organization
        const [project] = (await projects.list()).data
        key = (await projects.serviceAccounts.create(project?.id ?? '', { name: 'bot' })).api_key?.value ?? ''
      }
    }
  })

  test('a first start without the Administration API prints no line that would try it there', async () => {
    await using database = await openTestDatabase('sqlite')
    await using server = await serve({ env: { GATEHOUSE_DATABASE_URL: database.url } }, ['--only', 'gateway'])
    await until(() => server.stdout.includes('sk-admin-'), 'the first key is printed')
    server.signal('SIGTERM')
    assert.equal((await endsWithin(server, 10_000)).code, 0)
    assert.doesNotMatch(server.stdout, /curl/)
  })
})

describe('several nodes on one PostgreSQL', () => {
  test('started at the same moment on an empty database, they make one organization, and one of them prints its key', async () => {
    await using database = await openTestDatabase('postgres')
    const env = { GATEHOUSE_DATABASE_URL: database.url }
    const nodes = await Promise.all([serve({ env }), serve({ env }), serve({ env })])
    await using stack = new AsyncDisposableStack()
    for (const node of nodes) stack.use(node)
    await until(() => nodes.some(({ stdout }) => stdout.includes('curl')), 'one has printed the key')
    for (const node of nodes) {
      node.signal('SIGTERM')
      assert.equal((await endsWithin(node, 10_000)).code, 0)
    }
    const printed = nodes.map(({ stdout }) => stdout).filter((text) => text.includes('sk-admin-'))
    assert.equal(printed.length, 1)
    await using later = await serve({ env })
    const [key = ''] = /sk-admin-[\w-]+/.exec(printed[0] ?? '') ?? []
    const { data } = await client(later, key).admin.organization.projects.list()
    assert.deepEqual(
      data.map((project) => project.name),
      ['Default project'],
    )
  })

  test('what one node answered is there on the other at once, and what it revoked is refused there within five seconds', async () => {
    await using database = await openTestDatabase('postgres')
    const env = { GATEHOUSE_DATABASE_URL: database.url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY }
    await using admin = await serve({ env }, ['--only', 'admin'])
    await using gate = await serve({ env }, ['--only', 'gateway'])
    await using both = await serve({ env })
    const { projects } = client(admin, ADMIN_KEY).admin.organization

    for (const revoke of ['the key', 'the service account', 'the project'] as const) {
      const project = await projects.create({ name: revoke })
      const account = await projects.serviceAccounts.create(project.id, { name: 'bot' })
      assert.ok(account.api_key)
      const { id, value } = account.api_key
      const elsewhere = client(both, ADMIN_KEY).admin.organization.projects
      assert.equal((await elsewhere.apiKeys.retrieve(id, { project_id: project.id })).id, id)
      assert.deepEqual([await opens(gate, value), await opens(both, value)], [true, true])

      if (revoke === 'the key') await projects.apiKeys.delete(id, { project_id: project.id })
      if (revoke === 'the service account')
        await projects.serviceAccounts.delete(account.id, { project_id: project.id })
      if (revoke === 'the project') await projects.archive(project.id)
      const nowhere = async () => !(await opens(gate, value)) && !(await opens(both, value))
      await until(nowhere, `${revoke} is gone and opens nothing`, REVOKED_WITHIN_MS)
    }
  })

  test('a node that ends takes nothing with it: the other goes on', async () => {
    await using database = await openTestDatabase('postgres')
    const env = { GATEHOUSE_DATABASE_URL: database.url, GATEHOUSE_ADMIN_KEY: ADMIN_KEY }
    await using stays = await serve({ env })
    await using goes = await serve({ env })
    const made = await client(goes, ADMIN_KEY).admin.organization.projects.create({ name: 'made by the other' })
    goes.signal('SIGKILL')
    await goes.ended
    assert.equal((await client(stays, ADMIN_KEY).admin.organization.projects.retrieve(made.id)).id, made.id)
  })
})
