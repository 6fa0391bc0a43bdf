/** Who holds a permission by a predefined role, and at which levels a custom role may hold it. */
type Holder = 'organization_owner' | 'organization_reader' | 'project_owner' | 'project_member' | 'project_viewer'
export type Level = 'organization' | 'project'

const O: Holder = 'organization_owner'
const R: Holder = 'organization_reader'
const o: Holder = 'project_owner'
const m: Holder = 'project_member'
const v: Holder = 'project_viewer'
const both: Level[] = ['organization', 'project']

/**
 * Every permission, from the original's role matrix (developers.openai.com/api/docs/guides/rbac) and the identifiers it has
 * shown. Two deliberate differences. What a project is used with (`api.model.request`, files and so on) is not given to the
 * organization's reader: everybody in an organization is one, and a project's viewer would then mean nothing. And a
 * project's members do not hold `api.organization.projects.api_keys.*`: the matrix means their own keys, the operations
 * that ask for it reach everybody's.
 */
const catalogue = {
  'api.management.read': [[O, o], []],
  'api.management.write': [[O, o], []],
  'api.usage.read': [[O], ['organization']],
  'api.groups.read': [[O, R, o, m, v], ['organization']],
  'api.groups.write': [[O, o, m], ['organization']],
  'api.roles.read': [[O, R, o, m, v], []],
  'api.roles.write': [[O, o, m], []],
  'api.organization.projects.api_keys.read': [[O, o], ['project']],
  'api.organization.projects.api_keys.write': [[O, o], ['project']],
  'api.organization.projects.service_accounts.read': [[O, o], []],
  'api.organization.projects.service_accounts.write': [[O, o], []],
  'api.external_keys.read': [[O], []],
  'api.external_keys.write': [[O], []],
  'api.ip_allowlist.read': [[O], []],
  'api.ip_allowlist.write': [[O], []],
  'api.model.read': [[O, R, o, m, v], both],
  'api.model.request': [[O, o, m], both],
  'api.responses.read': [[O, o, m], both],
  'api.responses.write': [[O, o, m], both],
  'api.assistants.read': [[O, o, m, v], both],
  'api.assistants.write': [[O, o, m], both],
  'api.threads.read': [[O, o, m, v], both],
  'api.threads.write': [[O, o, m], both],
  'api.evals.read': [[O, o, m, v], both],
  'api.evals.write': [[O, o, m], both],
  'api.fine_tuning.jobs.read': [[O, o, m, v], both],
  'api.fine_tuning.jobs.write': [[O, o, m], both],
  'api.fine_tuning.checkpoints.read': [[O, o, m, v], both],
  'api.fine_tuning.checkpoints.write': [[O, o, m], both],
  'api.files.read': [[O, o, m, v], both],
  'api.files.write': [[O, o, m], both],
  'api.prompts.read': [[O, o, m, v], both],
  'api.prompts.write': [[O, o, m], both],
  'api.datasets.read': [[O, o, m, v], both],
  'api.datasets.write': [[O, o, m], both],
  'api.vector_stores.read': [[O, o, m], both],
  'api.vector_stores.write': [[O, o, m], both],
  'api.webhooks.read': [[O, R, o, m, v], both],
  'api.webhooks.write': [[O, o, m], both],
  'api.apps.read': [[O], both],
  'api.apps.write': [[O], both],
  'api.tunnels.read': [[O], both],
  'api.tunnels.use': [[O], both],
  'api.tunnels.manage': [[O], both],
  'api.agent_builder.read': [[O, R, o, m, v], both],
  'api.agent_builder.write': [[O, o, m], both],
  'api.batch.read': [[O, o, m, v], []],
  'api.batch.write': [[O, o, m], []],
  'api.videos.read': [[O, o, m], []],
  'api.videos.write': [[O, o, m], []],
  'api.voices.read': [[O, o, m, v], []],
  'api.voices.write': [[O, o, m], []],
} satisfies Record<string, [Holder[], Level[]]>

export type Permission = keyof typeof catalogue
const rows = Object.entries(catalogue) as [Permission, [Holder[], Level[]]][]
export const permissions: readonly Permission[] = rows.map(([permission]) => permission)

/** Permissions that a custom role of this level may hold. */
export const customPermissions = (level: Level): readonly Permission[] =>
  rows.filter(([, [, levels]]) => levels.includes(level)).map(([permission]) => permission)

const heldBy = (holder: Holder): readonly Permission[] =>
  rows.filter(([, [holders]]) => holders.includes(holder)).map(([permission]) => permission)

/** A predefined role: its id is fixed, its permissions follow from the catalogue. */
export type PredefinedRole = {
  id: string
  level: Level
  name: 'owner' | 'reader' | 'member' | 'viewer'
  description: string
  permissions: readonly Permission[]
}

/** The strongest of each level first. */
export const predefinedRoles: readonly PredefinedRole[] = [
  predefined('organization', 'owner', O, 'Everything in the organization and in all of its projects.'),
  predefined('organization', 'reader', R, 'A member of the organization.'),
  predefined('project', 'owner', o, 'Manages the project and uses it.'),
  predefined('project', 'member', m, 'Uses the project.'),
  predefined('project', 'viewer', v, 'Looks at the project.'),
]

function predefined(level: Level, name: PredefinedRole['name'], holder: Holder, description: string): PredefinedRole {
  return { id: `role-api-${level}-${name}`, level, name, description, permissions: heldBy(holder) }
}

export const ORGANIZATION_OWNER = 'role-api-organization-owner'

/**
 * The predefined role that this text names, in its short form or the long one that names its organization or project too.
 * @param resourceId the organization or project at hand: a long form of another is no role here
 */
export function predefinedRole(text: string, level: Level, resourceId: string): PredefinedRole | undefined {
  const [short, suffix, ...rest] = text.split(`__api-${level}__`)
  if (rest.length > 0 || (suffix !== undefined && suffix !== resourceId)) return undefined
  return predefinedRoles.find((role) => role.id === short && role.level === level)
}

/** One role that somebody holds: directly or through a group, in the organization or in the project at hand. */
export type HeldRole = { roleId: string; level: Level; custom: readonly string[] | null }

/** What somebody may do: in the organization, or in one project of it. */
export type Access = { owner: boolean; permissions: ReadonlySet<string> }

/**
 * What these roles come to: the union of what each holds. An owner of the organization holds everything everywhere.
 * @param held all roles of one principal that count here; `custom` are a custom role's own permissions
 */
export function resolveAccess(held: readonly HeldRole[]): Access {
  const owner = held.some(({ roleId }) => roleId === ORGANIZATION_OWNER)
  return { owner, permissions: new Set(held.flatMap(({ roleId, custom }) => permissionsOf(roleId, custom))) }
}

/** What a role holds. @param custom a custom role's own permissions; null for a predefined one */
export function permissionsOf(roleId: string, custom: readonly string[] | null): readonly string[] {
  return custom ?? predefinedRoles.find(({ id }) => id === roleId)?.permissions ?? []
}

/** Identifiers that older keys carry for the same permission. */
const aliases: Record<string, Permission> = { 'model.read': 'api.model.read', 'model.request': 'api.model.request' }
/** Every `.read` permission: the read-only preset of the original's dashboard. */
const READ_ONLY = 'api.all.read'

/** Permissions that the gateway's routes ask for. */
export const modelPermissions = [
  'api.model.read',
  'api.model.request',
  'api.responses.read',
  'api.responses.write',
  'api.files.read',
  'api.files.write',
  'api.webhooks.read',
  'api.webhooks.write',
  'api.vector_stores.read',
  'api.vector_stores.write',
  'api.batch.read',
  'api.batch.write',
] as const
export type ModelPermission = (typeof modelPermissions)[number]

/** What projects are used with: all that a key of a project can be good for. */
const used = heldBy(m).filter((permission) => !/^api\.(groups|roles)\./.test(permission))

/** Scopes that a project key may be narrowed to. The gate holds back all else. */
export const projectKeyScopes: readonly string[] = [READ_ONLY, ...Object.keys(aliases), ...used]

/** Scopes that an admin key may be narrowed to: reading, changing, and usage with costs. */
export const adminKeyScopes = ['api.management.read', 'api.management.write', 'api.usage.read'] as const

/** Whether a project key's scopes let a permission through; an empty list narrows nothing (the original's meaning). */
export function inScope(scopes: readonly string[], permission: Permission): boolean {
  if (scopes.length === 0) return true
  return scopes.some(
    (scope) => (aliases[scope] ?? scope) === permission || (scope === READ_ONLY && permission.endsWith('.read')),
  )
}

/** Of what projects are used with, what a key with these scopes can be good for, whatever its owner's role becomes. */
export const usableWith = (scopes: readonly string[]): readonly Permission[] =>
  used.filter((permission) => inScope(scopes, permission))

/** Of a role's permissions those that a project is used with: what a service account, which has no admin key, has of it. */
export const usableOf = (permissions: readonly string[]): readonly Permission[] =>
  used.filter((permission) => permissions.includes(permission))

/**
 * Whether somebody holds a permission, calling with an admin key of these scopes. Scopes narrow how an organization is
 * administered; what its projects are used with no admin key does itself.
 */
export function holds(access: Access, scopes: readonly string[], permission: string): boolean {
  if (!access.owner && !access.permissions.has(permission)) return false
  return scopes.length === 0 || scopes.includes(adminScopeOf(permission)) || used.some((one) => one === permission)
}

/** The admin key scope that an operation asking for this permission needs. */
export function adminScopeOf(permission: string): (typeof adminKeyScopes)[number] {
  if (permission === 'api.usage.read') return permission
  return permission.endsWith('.read') ? 'api.management.read' : 'api.management.write'
}

/** The refusal's sentence, as the original words it. */
export function missingScopes(permission: string): string {
  return `You have insufficient permissions for this operation. Missing scopes: ${permission}. Check that you have the correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes.`
}

/** The names of the predefined roles: the older view of the same thing. */
export type OrganizationRole = 'owner' | 'reader'
export type ProjectRole = 'owner' | 'member' | 'viewer'
