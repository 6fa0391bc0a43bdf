import { Link } from '@tanstack/react-router'
import { seen } from '../../patterns/names.ts'
import { type Role, roleIdOf, type Where } from './where.ts'

/** A role by its name, the way to its own page. */
export function RoleLink({ where: { projectId }, role: { id, name } }: { where: Where; role: Role }) {
  const roleId = roleIdOf(id)
  const shown = { className: 'cut', title: name, children: seen(name) }
  return projectId === undefined ? (
    <Link to="/roles/$roleId" params={{ roleId }} {...shown} />
  ) : (
    <Link to="/projects/$projectId/roles/$roleId" params={{ projectId, roleId }} {...shown} />
  )
}
