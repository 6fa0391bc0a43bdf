import assert from 'node:assert/strict'
import { type Endpoint, endpoints } from '../../src/admin/index.ts'
import { mintKey } from '../../src/core/key.ts'
import { newFixture } from '../contract/fixture.ts'
import { newProjectKey, newUser, type Organization } from '../contract/organizations.ts'
import { type ValidRequest, validRequest } from '../contract/requests.ts'
import type { Account } from '../gateway/account/account.ts'
import type { TestApp } from '../support/harness.ts'
import type { Chance } from '../support/seeded.ts'
import { CONSOLE, signInNew } from '../support/signing-in.ts'
import { newOwned, type OwnedWorld } from './owned.ts'

/** By what it is; null: no header. A session is shown by other headers. */
export type Key = { by: string; authorization: string | null; session?: Record<string, string> }

/** Two organizations with everything in them that a request can name, and keys of every kind. */
export type World = {
  organizations: readonly [string, string]
  /** Puts right what would refuse every request from now on: certificates that are asked for. */
  open: () => Promise<void>
  /** A key that may do everything there, by the door. */
  right: { admin: Key; gate: Key }
  /** Of every kind. */
  keys: readonly Key[]
  /** A valid request of each operation, of the first organization. */
  valid: ReadonlyMap<string, ValidRequest>
  /** Values for the parameters of paths, by their names: those of the valid requests, of the other organization, and made since. */
  ids: Map<string, string[]>
  /** What the projects own that a model server keeps. */
  owned: OwnedWorld
}

/** Operations whose requests name things of all kinds. */
const FOREIGN = [
  'projectUsers.retrieve',
  'projectApiKeys.retrieve',
  'groups.retrieve',
  'roles.retrieve',
  'certificates.retrieve',
  'invites.retrieve',
]

export async function newWorld(app: TestApp, kept: Account, isAhead: boolean): Promise<World> {
  const { own, other, keys } = await newFixture(app)
  // Before valid requests set what would refuse these.
  const strangerIn = async ({ admin }: Organization, in_: string) =>
    (await admin.projects.serviceAccounts.create(in_, { name: 'stranger' })).api_key?.value ?? assert.fail('no key')
  const beside = await own.admin.projects.create({ name: 'beside' })
  const strangers = [await strangerIn(own, beside.id), await strangerIn(other, other.defaultProjectId)]
  const owned = await newOwned(app, kept, keys.serviceAccount, strangers, isAhead)
  const valid = new Map<string, ValidRequest>()
  const ids = new Map<string, string[]>()
  const learn = ({ params }: ValidRequest) => {
    for (const [name, id] of Object.entries(params)) ids.set(name, [...(ids.get(name) ?? []), id])
  }
  for (const { name } of endpoints) {
    const request = await validRequest(name, own, app)
    valid.set(name, request)
    learn(request)
  }
  // What the other organization has is asked for, too.
  for (const name of FOREIGN) learn(await validRequest(name, other, app))
  const { projects, adminAPIKeys } = own.admin
  const [project, at] = [own.defaultProjectId, { project_id: own.defaultProjectId }]
  const account = async (name: string, limits: { expires_in_seconds?: number } = {}) => {
    const made = await projects.serviceAccounts.create(project, { name, ...limits })
    return { id: made.id, key: made.api_key ?? assert.fail('a service account without a key') }
  }
  const [narrow, gone, brief] = [
    await account('narrow'),
    await account('gone'),
    await account('brief', { expires_in_seconds: 1 }),
  ]
  await projects.apiKeys.update(narrow.key.id, { ...at, scopes: ['api.model.read'] })
  await projects.serviceAccounts.delete(gone.id, at)
  const revoked = await adminAPIKeys.create({ name: 'revoked' })
  await adminAPIKeys.delete(revoked.id)
  app.advance(5)
  const mine = await newProjectKey(app, own, project, own.ownerId)
  const signedIn = async (by: string, user: string) => {
    const { cookie } = await signInNew(app, own.id, user)
    return { by, authorization: null, session: { ...CONSOLE, cookie } }
  }
  const sessions = [
    await signedIn('an owner who has signed in', own.ownerId),
    await signedIn('a reader who has signed in', (await newUser(app, own)).id),
  ]
  const bearing = (by: string, key: string) => ({ by, authorization: `Bearer ${key}` })
  return {
    organizations: [own.id, other.id],
    open: () => deactivate(own.admin, own.defaultProjectId),
    valid,
    ids,
    owned,
    right: { admin: bearing('an owner', own.key), gate: bearing("a project's service account", keys.serviceAccount) },
    keys: [
      bearing('an owner', own.key),
      bearing("a project's service account", keys.serviceAccount),
      bearing("a project's user", mine.value),
      bearing('a reader', keys.reader),
      bearing('an owner who may only read', keys.without('api.management.write')),
      bearing('a service account that may only list models', narrow.key.value),
      bearing('an expired service account', brief.key.value),
      bearing("another organization's owner", other.key),
      bearing('an expired key', keys.expired),
      bearing('a removed user', keys.removedUser),
      bearing('a revoked admin key', revoked.value),
      bearing('a revoked service account', gone.key.value),
      bearing('a key that nobody has', mintKey('admin').value),
      bearing('garbage', 'garbage'),
      ...sessions,
      { by: 'nobody', authorization: null },
      { by: 'a header that is none', authorization: 'Basic eDp5' },
    ],
  }
}

/** Learns the id of what was made, for the operations that take it. */
export function learnFrom(world: World, endpoint: Endpoint, text: string): void {
  const child = endpoints.find(({ route }) => route.path.startsWith(`${endpoint.route.path}/:`))
  const name = child?.route.path.slice(endpoint.route.path.length + 2)
  if (name === undefined || name.includes('/')) return
  const id: unknown = JSON.parse(text)?.id
  if (typeof id === 'string') world.ids.get(name)?.push(id)
}

async function deactivate({ certificates, projects }: Organization['admin'], project: string): Promise<void> {
  const active = async (list: AsyncIterable<{ id: string; active?: boolean }>) => {
    const ids: string[] = []
    for await (const { id, active } of list) if (active) ids.push(id)
    return ids
  }
  const organizations = await active(certificates.list())
  if (organizations.length > 0) await certificates.deactivate({ certificate_ids: organizations.slice(0, 10) })
  const own = await active(projects.certificates.list(project))
  if (own.length > 0) await projects.certificates.deactivate(project, { certificate_ids: own.slice(0, 10) })
}

/** Most requests bring a key that is right there, or nearly nothing would be changed. */
export function keyFor({ right, keys }: World, door: keyof World['right'], { next, pick }: Chance): Key {
  return next() < 0.65 ? right[door] : pick(keys)
}
