import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  adminKeyScopes,
  adminScopeOf,
  customPermissions,
  type HeldRole,
  inScope,
  ORGANIZATION_OWNER,
  type Permission,
  permissions,
  predefinedRole,
  predefinedRoles,
  projectKeyScopes,
  resolveAccess,
} from './permission.ts'

/*
 * The original's matrix (developers.openai.com/api/docs/guides/rbac): r read, w write, q request, u use, m manage. The two
 * columns behind the bar are what a custom role of that level may hold. Where it differs from the original:
 *
 * 1. What a project is used with is not the organization's reader's: everybody is one, and a viewer would mean nothing.
 * 2. Everybody's keys are meant, not one's own, so members of a project do not hold them.
 * 3. The published examples put it into a custom role.
 * 4. The original's organization administration and project administration: which of the two it is, the path says.
 * 5. Nothing of a project is in a report of usage: it is the organization's.
 */
const matrix = `
                                            organization  project                  custom role of
                                            owner reader  owner member viewer      organization project
  api.model                                 rq    r       rq    rq     r       |   rq  rq       1
  api.groups                                rw    r       rw    rw     r       |   rw  -        3
  api.roles                                 rw    r       rw    rw     r       |   -   -
  api.management                            rw    -       rw    -      -       |   -   -        4
  api.usage                                 r     -       -     -      -       |   r   -        5
  api.external_keys                         rw    -       -     -      -       |   -   -
  api.ip_allowlist                          rw    -       -     -      -       |   -   -
  api.assistants                            rw    -       rw    rw     r       |   rw  rw       1
  api.threads                               rw    -       rw    rw     r       |   rw  rw       1
  api.evals                                 rw    -       rw    rw     r       |   rw  rw       1
  api.fine_tuning.jobs                      rw    -       rw    rw     r       |   rw  rw       1
  api.fine_tuning.checkpoints               rw    -       rw    rw     r       |   rw  rw       1
  api.files                                 rw    -       rw    rw     r       |   rw  rw       1
  api.prompts                               rw    -       rw    rw     r       |   rw  rw       1
  api.datasets                              rw    -       rw    rw     r       |   rw  rw       1
  api.vector_stores                         rw    -       rw    rw     -       |   rw  rw       1
  api.responses                             rw    -       rw    rw     -       |   rw  rw       1
  api.webhooks                              rw    r       rw    rw     r       |   rw  rw
  api.apps                                  rw    -       -     -      -       |   rw  rw
  api.tunnels                               rum   -       -     -      -       |   rum rum
  api.agent_builder                         rw    r       rw    rw     r       |   rw  rw
  api.batch                                 rw    -       rw    rw     r       |   -   -        1
  api.videos                                rw    -       rw    rw     -       |   -   -        1
  api.voices                                rw    -       rw    rw     r       |   -   -        1
  api.organization.projects.api_keys        rw    -       rw    -      -       |   -   rw       2 3
  api.organization.projects.service_accounts rw   -       rw    -      -       |   -   -
`

const words: Record<string, string> = { r: 'read', w: 'write', q: 'request', u: 'use', m: 'manage' }
const rows = [...matrix.matchAll(/^ +(api\.\S+) +([rwqum-]+) +(\S+) +(\S+) +(\S+) +(\S+) +\| +(\S+) +(\S+)/gm)].map(
  ([, area = '', ...cells]) => cells.map((cell) => (cell === '-' ? [] : [...cell].map((it) => `${area}.${words[it]}`))),
)
/** What a column of the matrix says, all areas together. */
const column = (n: number) => rows.flatMap((cells) => cells[n] ?? []).toSorted()

describe('the catalogue of permissions', () => {
  test('is the matrix: no permission is missing from either', () => {
    assert.equal(rows.length, 26)
    assert.deepEqual(permissions.toSorted(), column(0))
  })

  for (const [n, role] of predefinedRoles.entries()) {
    test(`gives the ${role.level}'s ${role.name} what the matrix says and nothing else`, () => {
      assert.deepEqual(role.permissions.toSorted(), column(n))
    })
  }

  test('lets a custom role hold what the matrix says, by its level', () => {
    assert.deepEqual(customPermissions('organization').toSorted(), column(5))
    assert.deepEqual(customPermissions('project').toSorted(), column(6))
  })

  test('keeps what manages the organization, its roles and its members out of every custom role', () => {
    for (const level of ['organization', 'project'] as const) {
      const held: readonly string[] = customPermissions(level)
      for (const one of ['api.management.write', 'api.roles.write', 'api.external_keys.write'])
        assert.ok(!held.includes(one))
    }
  })
})

describe('the id of a predefined role', () => {
  test('has the published form, in a fixed order: the strongest of each level first', () => {
    assert.deepEqual(
      predefinedRoles.map(({ id }) => id),
      [
        'role-api-organization-owner',
        'role-api-organization-reader',
        'role-api-project-owner',
        'role-api-project-member',
        'role-api-project-viewer',
      ],
    )
  })

  for (const { id, level } of predefinedRoles) {
    test(`${id} means the same in its long form, for that ${level} only`, () => {
      const named = (text: string) => predefinedRole(text, level, 'x1')?.id
      assert.equal(named(id), id)
      assert.equal(named(`${id}__api-${level}__x1`), id)
      const other = level === 'project' ? 'organization' : 'project'
      for (const text of [
        `${id}__api-${level}__x2`,
        `${id}__api-${level}__`,
        `${id}__api-${level}__x1__api-${level}__x1`,
        `${id}__api-${other}__x1`,
        `${id}__x1`,
        `${id} `,
        id.toUpperCase(),
        '',
      ]) {
        assert.equal(named(text), undefined, text)
      }
      assert.equal(predefinedRole(id, other, 'x1'), undefined)
    })
  }
})

const predefined = fc
  .constantFrom(...predefinedRoles)
  .map(({ id, level }): HeldRole => ({ roleId: id, level, custom: null }))
const custom = fc.constantFrom('organization' as const, 'project' as const).chain((level) =>
  fc.subarray([...customPermissions(level), 'api.of_yesterday.read']).map((held): HeldRole => {
    return { roleId: 'role_x', level, custom: held }
  }),
)
const roles = fc.array(fc.oneof(predefined, custom), { maxLength: 6 })
const scopes = fc.subarray([...projectKeyScopes])

/** What a key narrowed to these scopes may do. */
const through = (held: readonly HeldRole[], narrowed: readonly string[]) =>
  permissions.filter((one) => resolveAccess(held).permissions.has(one) && inScope(narrowed, one))

describe('what roles come to', () => {
  test('is the union of what each holds', () => {
    fc.assert(
      fc.property(roles, (held) => {
        const each = held.flatMap((role) => [...resolveAccess([role]).permissions])
        assert.deepEqual(resolveAccess(held).permissions, new Set(each))
      }),
    )
    assert.deepEqual(resolveAccess([]), { owner: false, permissions: new Set() })
  })

  test('never shrinks with a further role', () => {
    fc.assert(
      fc.property(roles, roles, (some, more) => {
        const before = resolveAccess(some)
        const after = resolveAccess([...some, ...more])
        assert.ok(before.permissions.isSubsetOf(after.permissions))
        assert.ok(after.owner || !before.owner)
      }),
    )
  })

  test('depends neither on their order nor on how often each is held', () => {
    const shuffled = roles.chain((held) =>
      fc.tuple(fc.constant(held), fc.shuffledSubarray([...held, ...held], { minLength: held.length * 2 })),
    )
    fc.assert(
      fc.property(shuffled, ([held, again]) => {
        const [one, other] = [resolveAccess(held), resolveAccess(again)]
        assert.equal(one.owner, other.owner)
        assert.deepEqual(one.permissions, other.permissions)
      }),
    )
  })

  test("is everything for an owner of the organization, and nobody else's is", () => {
    fc.assert(
      fc.property(roles, (held) => {
        const owns = held.some(({ roleId }) => roleId === ORGANIZATION_OWNER)
        const access = resolveAccess(held)
        assert.equal(access.owner, owns)
        if (owns) assert.ok(new Set<string>(permissions).isSubsetOf(access.permissions))
        else assert.ok(!access.permissions.has('api.external_keys.write'))
      }),
    )
  })

  test('is nothing for a role that is not there any more', () => {
    const gone: HeldRole = { roleId: 'role_gone', level: 'project', custom: null }
    assert.deepEqual(resolveAccess([gone]), { owner: false, permissions: new Set() })
  })
})

describe('scopes', () => {
  test('only narrow: no list of them lets through what the roles do not hold', () => {
    fc.assert(
      fc.property(roles, scopes, (held, narrowed) => {
        const all = through(held, [])
        assert.deepEqual(
          [...all],
          permissions.filter((one) => resolveAccess(held).permissions.has(one)),
        )
        for (const one of through(held, narrowed)) assert.ok(all.includes(one))
      }),
    )
  })

  test('widen one another: a longer list lets through at least what a shorter one does', () => {
    fc.assert(
      fc.property(roles, scopes, scopes, (held, some, more) => {
        fc.pre(some.length > 0)
        const longer = through(held, [...some, ...more])
        for (const one of through(held, some)) assert.ok(longer.includes(one))
      }),
    )
  })

  test('of older keys mean the same, and the read-only preset means every read', () => {
    const opened = (scope: string) => permissions.filter((one) => inScope([scope], one))
    assert.deepEqual(opened('model.request'), ['api.model.request'])
    assert.deepEqual(opened('model.read'), ['api.model.read'])
    assert.deepEqual(
      opened('api.all.read'),
      permissions.filter((one) => one.endsWith('.read')),
    )
    for (const one of permissions) assert.deepEqual(opened(one), [one])
    assert.deepEqual(opened('api.everything'), [])
  })

  test('of a project key are what the project is used with: nothing that manages', () => {
    const beyond = projectKeyScopes.filter((scope) =>
      /management|usage|groups|roles|keys|accounts|allowlist/.test(scope),
    )
    assert.deepEqual(beyond, [])
    assert.ok(projectKeyScopes.includes('api.model.request') && projectKeyScopes.includes('api.all.read'))
  })

  test('of an admin key: each operation needs one, and only usage and reading need no right to change', () => {
    const needed = (one: Permission) => adminScopeOf(one)
    for (const one of permissions) assert.ok(adminKeyScopes.includes(needed(one)))
    assert.equal(needed('api.usage.read'), 'api.usage.read')
    for (const one of permissions.filter((p) => p !== 'api.usage.read'))
      assert.equal(needed(one), one.endsWith('.read') ? 'api.management.read' : 'api.management.write')
  })
})
