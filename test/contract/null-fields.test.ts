import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { contract } from '../../src/contract/index.ts'
import { homePlace, type Place } from '../decision/people.ts'
import { databases } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'

/** `shown` is what a reply calls it, where that is another name. */
type Field = { update: string; field: string; before: unknown; after: unknown; shown?: string }

/** What null does to each field of a change that takes it: it clears what can be empty, and leaves what cannot be. */
const fields: Field[] = [
  { update: 'users', field: 'role', before: 'reader', after: 'reader' },
  { update: 'users', field: 'role_id', before: 'role-api-organization-reader', after: 'reader', shown: 'role' },
  { update: 'users', field: 'technical_level', before: 'high', after: null },
  { update: 'users', field: 'developer_persona', before: 'builder', after: null },
  { update: 'projects', field: 'name', before: 'kept', after: 'kept' },
  { update: 'projects', field: 'geography', before: null, after: 'GLOBAL', shown: 'residency' },
  { update: 'projects', field: 'external_key_id', before: null, after: null },
  { update: 'projectUsers', field: 'role', before: 'owner', after: 'owner' },
  ...['roles', 'projectRoles'].flatMap((update) => [
    { update, field: 'role_name', before: 'Kept', after: 'Kept', shown: 'name' },
    { update, field: 'permissions', before: ['api.files.read'], after: ['api.files.read'] },
    { update, field: 'description', before: 'What for', after: null },
  ]),
  ...(['code_interpreter', 'file_search', 'image_generation', 'mcp', 'web_search'] as const).map((field) => {
    return { update: 'hostedToolPermissions', field, before: { enabled: false }, after: { enabled: false } }
  }),
  ...['spendAlerts', 'projectSpendAlerts'].map((update) => {
    return { update, field: 'notification_channel.subject_prefix', before: '[spend]', after: null }
  }),
]

type Schema = { type?: string | string[]; anyOf?: Schema[]; properties?: Record<string, Schema> }
const takesNull = ({ type, anyOf }: Schema): boolean => [type].flat().includes('null') || !!anyOf?.some(takesNull)
const nullable = ({ properties = {} }: Schema, within = ''): string[] =>
  Object.entries(properties).flatMap(([name, schema]) => [
    ...(takesNull(schema) ? [within + name] : []),
    ...nullable(schema, `${within}${name}.`),
  ])

test('each field of a change that may be null stands in the table', () => {
  const declared = Object.entries(contract).flatMap(([resource, routes]) => {
    const update = 'update' in routes && 'body' in routes.update ? (routes.update.body as Schema) : {}
    return nullable(update).map((field) => `${resource} ${field}`)
  })
  assert.deepEqual(fields.map(({ update, field }) => `${update} ${field}`).toSorted(), declared.toSorted())
})

for (const database of databases) {
  describe(`${database}: null in a change`, () => {
    let app: TestApp
    let home: Place
    before(async () => {
      app = await startTestApp({ database })
      home = await homePlace(app)
    })
    after(() => app[Symbol.asyncDispose]())

    let made = 0
    /** The change of a fresh thing, by resource. */
    const things: Record<string, () => Promise<(body: object) => Promise<object>>> = {
      async users() {
        const id = await home.newUser()
        return (body) => home.admin.users.update(id, body)
      },
      async projects() {
        const id = await home.newProject()
        return (body) => home.admin.projects.update(id, body)
      },
      async projectUsers() {
        const [project_id, user_id] = [await home.newProject(), await home.newUser()]
        await home.admin.projects.users.create(project_id, { user_id, role: 'member' })
        return (body) => home.admin.projects.users.update(user_id, { project_id, ...body })
      },
      async roles() {
        const { id } = await home.admin.roles.create({ role_name: `Fresh ${++made}`, permissions: [] })
        return (body) => home.admin.roles.update(id, body)
      },
      async projectRoles() {
        const { roles } = home.admin.projects
        const project_id = await home.newProject()
        const { id } = await roles.create(project_id, { role_name: 'Fresh', permissions: [] })
        return (body) => roles.update(id, { project_id, ...body })
      },
      async hostedToolPermissions() {
        const id = await home.newProject()
        return (body) => home.admin.projects.hostedToolPermissions.update(id, body)
      },
      async spendAlerts() {
        const { id } = await home.admin.spendAlerts.create(alert({}))
        return (body) => home.admin.spendAlerts.update(id, alert(body))
      },
      async projectSpendAlerts() {
        const { spendAlerts } = home.admin.projects
        const project_id = await home.newProject()
        const { id } = await spendAlerts.create(project_id, alert({}))
        return (body) => spendAlerts.update(id, { project_id, ...alert(body) })
      },
    }
    const alert = (channel: object) => ({
      threshold_amount: 1,
      currency: 'USD' as const,
      interval: 'month' as const,
      notification_channel: { type: 'email' as const, recipients: ['a@example.com'], ...channel },
    })
    const fieldOf = (reply: object, field: string) =>
      field.split('.').reduce<unknown>((value, name) => Reflect.get(value as object, name), reply)

    test('clears what can be empty, and leaves the rest', async () => {
      for (const { update, field, before, after: expected, shown = field } of fields) {
        const change = await things[update]?.()
        assert.ok(change, update)
        const name = field.split('.').at(-1) ?? ''
        await change({ [name]: before })
        assert.deepEqual(fieldOf(await change({ [name]: null }), shown), expected, `${update} ${field}`)
      }
    })
  })
}
