/** Permissions that Administration API operations ask for. */
export const managementPermissions = ['api.management.read', 'api.management.write', 'api.usage.read'] as const
export type ManagementPermission = (typeof managementPermissions)[number]

/** Permissions that the gateway's routes ask for. */
export const modelPermissions = [
  'api.model.read',
  'api.model.request',
  'api.responses.read',
  'api.responses.write',
] as const
export type ModelPermission = (typeof modelPermissions)[number]
export type Permission = ManagementPermission | ModelPermission

/** Identifiers that older keys carry for the same permission. */
const aliases: Record<string, Permission> = { 'model.read': 'api.model.read', 'model.request': 'api.model.request' }
/** Every `.read` permission: the read-only preset of the original's dashboard. */
const READ_ONLY = 'api.all.read'

/** What a project is used with beyond models: no route offers it yet, so a key narrowed to it opens nothing else. */
const projectUse = [
  'assistants',
  'threads',
  'evals',
  'fine_tuning.jobs',
  'fine_tuning.checkpoints',
  'files',
  'prompts',
  'datasets',
  'vector_stores',
  'webhooks',
  'batch',
  'videos',
  'voices',
].flatMap((area) => [`api.${area}.read`, `api.${area}.write`])

/** Scopes that a project key may be narrowed to: whatever the gate knows how to let through or to hold back. */
export const projectKeyScopes: readonly string[] = [
  READ_ONLY,
  ...modelPermissions,
  ...Object.keys(aliases),
  ...projectUse,
]

export type OrganizationRole = 'owner' | 'reader'
export type ProjectRole = 'owner' | 'member'

const management: Permission[] = ['api.management.read', 'api.management.write']

/**
 * What the predefined roles hold, from the original's role matrix (developers.openai.com/api/docs/guides/rbac): an
 * organization's owner everything, everywhere; its reader nothing of what is built so far; a project's owner the management
 * of that project and its use; a member its use.
 */
const organizationRoles: Record<OrganizationRole, readonly Permission[]> = {
  owner: [...managementPermissions, ...modelPermissions],
  reader: [],
}
const projectRoles: Record<ProjectRole, readonly Permission[]> = {
  owner: [...management, ...modelPermissions],
  member: modelPermissions,
}

/** The roles somebody holds now. `project` is the role in the project at hand, where there is one. */
export type Roles = { organization: OrganizationRole | null; project: ProjectRole | null }

/**
 * Whether these roles, narrowed by a key's scopes, hold a permission.
 * @param scopes the key's; an empty list narrows nothing (the original's meaning of `scopes: []`)
 */
export function permits(roles: Roles, scopes: readonly string[], permission: Permission): boolean {
  const held =
    (roles.organization !== null && organizationRoles[roles.organization].includes(permission)) ||
    (roles.project !== null && projectRoles[roles.project].includes(permission))
  return held && inScope(scopes, permission)
}

/** Whether a key's scopes let a permission through. */
export function inScope(scopes: readonly string[], permission: Permission): boolean {
  if (scopes.length === 0) return true
  return scopes.some(
    (scope) => (aliases[scope] ?? scope) === permission || (scope === READ_ONLY && permission.endsWith('.read')),
  )
}

/** The refusal's sentence, as the original words it. */
export function missingScopes(permission: Permission): string {
  return `You have insufficient permissions for this operation. Missing scopes: ${permission}. Check that you have the correct role in your organization, and if you're using a restricted API key, that it has the necessary scopes.`
}
