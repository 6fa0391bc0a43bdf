import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  managementPermissions,
  missingScopes,
  modelPermissions,
  type Permission,
  permits,
  projectKeyScopes,
  type Roles,
} from './permission.ts'

const all: readonly Permission[] = [...managementPermissions, ...modelPermissions]
const use: Permission[] = ['api.model.read', 'api.model.request', 'api.responses.read', 'api.responses.write']
const manage: Permission[] = ['api.management.read', 'api.management.write']

const nobody: Roles = { organization: null, project: null }
/** Written out by hand from the original's role matrix: every combination of roles, and all that it holds. */
const matrix: [name: string, roles: Roles, held: Permission[]][] = [
  ['nobody', nobody, []],
  ['reader', { organization: 'reader', project: null }, []],
  ['project member', { organization: null, project: 'member' }, use],
  ['reader, project member', { organization: 'reader', project: 'member' }, use],
  ['project owner', { organization: null, project: 'owner' }, [...manage, ...use]],
  ['reader, project owner', { organization: 'reader', project: 'owner' }, [...manage, ...use]],
  ['owner', { organization: 'owner', project: null }, [...manage, 'api.usage.read', ...use]],
  ['owner, project member', { organization: 'owner', project: 'member' }, [...manage, 'api.usage.read', ...use]],
  ['owner, project owner', { organization: 'owner', project: 'owner' }, [...manage, 'api.usage.read', ...use]],
]

const granted = (roles: Roles, scopes: readonly string[]) => all.filter((name) => permits(roles, scopes, name)).sort()

for (const [name, roles, held] of matrix) {
  test(`${name}: holds ${held.length === 0 ? 'nothing' : held.join(', ')}`, () => {
    assert.deepEqual(granted(roles, []), held.toSorted())
  })

  test(`${name}: every single scope lets through itself alone, and only what the role holds`, () => {
    for (const scope of all) {
      assert.deepEqual(granted(roles, [scope]), held.includes(scope) ? [scope] : [], scope)
    }
  })
}

const owner: Roles = { organization: 'owner', project: null }

test('the identifiers of older keys mean the same permissions', () => {
  assert.deepEqual(granted(owner, ['model.read']), ['api.model.read'])
  assert.deepEqual(granted(owner, ['model.request']), ['api.model.request'])
  assert.deepEqual(granted(nobody, ['model.request']), [])
})

test('api.all.read lets every read through and no change', () => {
  const reads = all.filter((name) => name.endsWith('.read'))
  assert.deepEqual(granted(owner, ['api.all.read']), reads.toSorted())
  assert.deepEqual(granted({ organization: null, project: 'member' }, ['api.all.read']), [
    'api.model.read',
    'api.responses.read',
  ])
  assert.deepEqual(granted(nobody, ['api.all.read']), [])
})

test('several scopes let through what any of them does', () => {
  assert.deepEqual(granted(owner, ['api.model.request', 'api.usage.read']), ['api.model.request', 'api.usage.read'])
  const readAndAsk = granted({ organization: null, project: 'member' }, ['api.all.read', 'model.request'])
  assert.deepEqual(readAndAsk, ['api.model.read', 'api.model.request', 'api.responses.read'])
})

test('a scope that nobody knows lets nothing through, and is not taken for "no scopes"', () => {
  for (const scope of [
    '',
    'api.all',
    'api.all.write',
    'api.model',
    'API.MODEL.READ',
    'constructor',
    '__proto__',
    '*',
  ]) {
    assert.deepEqual(granted(owner, [scope]), [], scope)
  }
})

const anyRoles = fc.constantFrom(...matrix.map(([, roles]) => roles))
const anyScope = fc.oneof(fc.constantFrom(...all, ...projectKeyScopes), fc.string())
const anyScopes = fc.array(anyScope, { minLength: 1, maxLength: 8 })

test('scopes can only narrow: no set of scopes grants what the role does not hold', () => {
  fc.assert(
    fc.property(anyRoles, anyScopes, (roles, scopes) => {
      const held = granted(roles, [])
      assert.ok(granted(roles, scopes).every((permission) => held.includes(permission)))
    }),
  )
})

test('taking a scope away never widens a key, unless it was the last one', () => {
  fc.assert(
    fc.property(anyRoles, anyScopes, anyScope, (roles, scopes, more) => {
      const wider = granted(roles, [...scopes, more])
      assert.ok(granted(roles, scopes).every((permission) => wider.includes(permission)))
    }),
  )
})

test('the order of scopes and repeated ones make no difference', () => {
  fc.assert(
    fc.property(anyRoles, anyScopes, (roles, scopes) => {
      const expected = granted(roles, scopes)
      assert.deepEqual(granted(roles, scopes.toReversed()), expected)
      assert.deepEqual(granted(roles, [...scopes, ...scopes]), expected)
    }),
  )
})

test('no scope that a project key can be given opens a change of the administration', () => {
  const projectOwner: Roles = { organization: 'owner', project: 'owner' }
  assert.deepEqual(
    projectKeyScopes.filter((scope) => permits(projectOwner, [scope], 'api.management.write')),
    [],
  )
})

test('a key narrowed to what no route offers yet opens nothing', () => {
  for (const scope of ['api.files.read', 'api.files.write', 'api.assistants.read', 'api.videos.write']) {
    assert.ok(projectKeyScopes.includes(scope), scope)
    assert.deepEqual(granted(owner, [scope]), [], scope)
  }
})

test("the refusal says which scope is missing, in the original's words", () => {
  assert.equal(
    missingScopes('api.management.write'),
    "You have insufficient permissions for this operation. Missing scopes: api.management.write. Check that you have the correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes.",
  )
})
