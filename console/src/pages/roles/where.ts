import { useNavigate } from '@tanstack/react-router'
import type { Item } from '../../api/operations.ts'

export type Role = Pick<
  Item<'GET /v1/organization/roles'>,
  'id' | 'name' | 'description' | 'permissions' | 'predefined_role'
>

/** Where roles are defined and held: in the organization, or in one project. */
export type Where = {
  projectId?: string
  /** Whether who is signed in may do something there. */
  may: (permission: string) => boolean
}

/** What the path of an operation on roles names, whichever of them it is. */
export const rolesOf = ({ projectId }: Where) =>
  projectId === undefined ? '/v1/organization/roles' : '/v1/projects/:project_id/roles'

/** The id that a role's own page goes by: where a predefined one is held it has a longer one. */
export const roleIdOf = (id: string): string => id.split('__api-', 1)[0] ?? id

/** Why who is signed in may not define roles there; null: they may. */
export const deniedRoles = ({ projectId, may }: Where): string | null =>
  may('api.roles.write')
    ? null
    : projectId === undefined
      ? 'Owners of the organization define its roles. Ask one of them.'
      : 'Owners and members of the project define its roles. Ask one of them.'

/** What a role holds that who is signed in does not: nobody hands out or takes more than they hold. Undefined: nothing. */
export const beyond = ({ may }: Where, { permissions }: Pick<Role, 'permissions'>): string | undefined =>
  permissions.find((permission) => !may(permission))

/** Goes to a role's own page, in the place of the form that made it. */
export function useOpenRole({ projectId }: Where) {
  const navigate = useNavigate()
  return (roleId: string) =>
    projectId === undefined
      ? navigate({ to: '/roles/$roleId', params: { roleId }, replace: true })
      : navigate({ to: '/projects/$projectId/roles/$roleId', params: { projectId, roleId }, replace: true })
}
