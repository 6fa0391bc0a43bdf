import type OpenAI from 'openai'
import { command, type Printed } from '../support/command.ts'
import type { TestApp } from '../support/harness.ts'

/** Who asks, in the order of the table's columns. All but the last four are users with an admin key that is not narrowed. */
export const principals = {
  O: 'an owner of the organization',
  R: 'a reader of the organization, in no project',
  PO: 'a reader, and an owner of the project',
  PM: 'a reader, and a member of the project',
  PV: 'a reader, and a viewer of the project',
  CO: 'a reader with a custom role of the organization: api.groups.*, api.usage.read',
  CP: 'a reader with a custom role of the project alone: api.organization.projects.api_keys.*',
  ST: 'a user of the organization without any role',
  OO: 'an owner of another organization',
  KR: "an owner's key narrowed to api.management.read",
  KU: "an owner's key narrowed to api.usage.read",
  SA: 'a key of a service account of the project',
}
export type Principal = keyof typeof principals

/** An organization as a test works in it. */
export type Place = {
  id: string
  defaultProjectId: string
  admin: OpenAI['admin']['organization']
  /** The command line, on this organization. @returns the command's JSON */
  run: (...args: string[]) => Promise<Printed>
  /** The id of a project; in the table's place with its people in it. */
  project: string
  newProject: () => Promise<string>
  /** The id of a user in no project, a reader of the organization. */
  newUser: () => Promise<string>
  /** A new admin key of a user. */
  keyOf: (user: string, ...flags: string[]) => Promise<string>
  /** A new key of a user's own for a project. */
  projectKeyOf: (user: string, project: string, ...flags: string[]) => Promise<string>
}

/** Who can sign in: the users, whose sessions nothing narrows. */
export const signers = ['O', 'R', 'PO', 'PM', 'PV', 'CO', 'CP', 'ST', 'OO'] as const
export type Signer = (typeof signers)[number]

/** The keys of everybody, the ids of those who can sign in, and the two organizations they are of. */
export type People = { keys: Record<Principal, string>; users: Record<Signer, string>; home: Place; away: Place }

export async function decisionPeople(app: TestApp): Promise<People> {
  const home = await homePlace(app)
  const { keyOf } = home
  const [owner] = (await home.admin.users.list()).data
  const [R, PO, PM, PV, CO, CP, ST] = [
    await home.newUser(),
    await home.newUser(),
    await home.newUser(),
    await home.newUser(),
    await home.newUser(),
    await home.newUser(),
    await home.newUser(),
  ]
  const custom = await home.admin.roles.create({
    role_name: 'Groups and usage',
    permissions: ['api.groups.read', 'api.groups.write', 'api.usage.read'],
  })
  await home.admin.users.roles.create(CO, { role_id: custom.id })
  await home.admin.users.roles.delete('role-api-organization-reader', { user_id: ST })

  home.newProject = async () => {
    const { projects } = home.admin
    const { id: project_id } = await projects.create({ name: 'decided' })
    await projects.users.create(project_id, { user_id: PO, role: 'owner' })
    await projects.users.create(project_id, { user_id: PM, role: 'member' })
    const keys = await projects.roles.create(project_id, {
      role_name: 'Keys',
      permissions: ['api.organization.projects.api_keys.read', 'api.organization.projects.api_keys.write'],
    })
    for (const [user, role_id] of [
      [PV, 'role-api-project-viewer'],
      [CP, keys.id],
    ] as const) {
      await projects.users.create(project_id, { user_id: user, role: 'member' })
      await projects.users.roles.create(user, { project_id, role_id })
      await projects.users.roles.delete('role-api-project-member', { project_id, user_id: user })
    }
    return project_id
  }
  home.project = await home.newProject()
  const account = await home.admin.projects.serviceAccounts.create(home.project, { name: 'bot' })

  const { away, key: OO, ownerId } = await awayPlace(app)
  return {
    home,
    away,
    users: { O: owner?.id ?? '', R, PO, PM, PV, CO, CP, ST, OO: ownerId },
    keys: {
      O: await keyOf(owner?.id ?? ''),
      R: await keyOf(R),
      PO: await keyOf(PO),
      PM: await keyOf(PM),
      PV: await keyOf(PV),
      CO: await keyOf(CO),
      CP: await keyOf(CP),
      ST: await keyOf(ST),
      OO,
      KR: await keyOf(owner?.id ?? '', '--scopes', 'api.management.read'),
      KU: await keyOf(owner?.id ?? '', '--scopes', 'api.usage.read'),
      SA: account.api_key?.value ?? '',
    },
  }
}

/** The organization that a server makes at its first start. */
export async function homePlace(app: TestApp): Promise<Place> {
  const { id, default_project_id } = await app.db.selectFrom('organization').selectAll().executeTakeFirstOrThrow()
  return place(app, { id, defaultProjectId: default_project_id })
}

/** Another organization, and an admin key of its owner. */
export async function awayPlace(app: TestApp): Promise<{ away: Place; key: string; ownerId: string }> {
  const other = await command(app, 'org', 'create', '--name', 'Other', '--owner-email', 'owner@other.example.com')
  const { value: key } = await command(app, 'admin-key', 'create', '--user', other.owner.id, '--org', other.id)
  return {
    away: await place(app, { id: other.id, defaultProjectId: other.default_project_id }, key),
    key,
    ownerId: other.owner.id,
  }
}

async function place(
  app: TestApp,
  { id, defaultProjectId }: Pick<Place, 'id' | 'defaultProjectId'>,
  key?: string,
): Promise<Place> {
  const admin = app.admin(key).organization
  const run = (...args: string[]) => command(app, ...args, '--org', id)
  let users = 0
  const newUser = async (): Promise<string> => {
    const email = `user${++users}@${id}.example.com`
    return (await run('user', 'create', '--email', email, '--name', 'Somebody', '--role', 'reader')).id
  }
  const newProject = async () => (await admin.projects.create({ name: 'decided' })).id
  const keyOf = async (user: string, ...flags: string[]): Promise<string> =>
    (await run('admin-key', 'create', '--user', user, ...flags)).value
  const projectKeyOf = async (user: string, project: string, ...flags: string[]): Promise<string> =>
    (await run('project-key', 'create', '--project', project, '--user', user, '--name', 'own', ...flags)).value
  return { id, defaultProjectId, admin, run, newProject, newUser, keyOf, projectKeyOf, project: await newProject() }
}
