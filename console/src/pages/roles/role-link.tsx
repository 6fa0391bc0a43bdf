import { Link } from '@tanstack/react-router'
import { seen } from '../../patterns/names.ts'
import type { Role, Where } from './where.ts'

/** A role by its name, the way to its own page. */
export function RoleLink({ where: { projectId }, role: { id, name } }: { where: Where; role: Role }) {
  // A predefined role has a long id besides the one that its page goes by.
  const roleId = id.split('__api-', 1)[0] ?? id
  const shown = { className: 'cut', title: name, children: seen(name) }
  return projectId === undefined ? (
    <Link to="/roles/$roleId" params={{ roleId }} {...shown} />
  ) : (
    <Link to="/projects/$projectId/roles/$roleId" params={{ projectId, roleId }} {...shown} />
  )
}
