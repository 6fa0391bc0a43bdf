import { useNavigate } from '@tanstack/react-router'
import { useRead } from '../../api/query.ts'
import { useProjects } from '../../pages/listed.ts'
import { nameOf } from '../../patterns/names.ts'
import { useMay } from '../../session/may.ts'
import type { Option } from './option.ts'

/** So many of each kind are shown: who looks for another types more of its name. */
const limit = 6

/**
 * Projects, people and keys whose name has what was typed, as the server finds them: there may be more than a browser should hold.
 * @param name undefined: nothing was typed yet
 * @param isOpen whether anybody looks
 */
export function useFound(name: string | undefined, isOpen: boolean): { options: Option[]; isLooking: boolean } {
  const navigate = useNavigate()
  const seesAll = useMay('api.management.read')
  const isAsked = isOpen && name !== undefined
  const query = { name, limit }
  const projects = useProjects({ ...query, include_archived: true }, isOpen)
  const people = useRead('GET /v1/organization/users', { query }, isAsked && seesAll)
  const keys = useRead('GET /v1/organization/api_keys', { query }, isAsked && seesAll)
  const mine = useRead('GET /v1/organization/me/api_keys', { query }, isAsked && !seesAll)
  const ofProjects = (projects.data?.data ?? []).map(({ id, name, status }): Option => {
    const description = status === 'active' ? 'Project' : 'Archived project'
    const go = () => void navigate({ to: '/projects/$projectId', params: { projectId: id } })
    return { id, label: name, description, icon: 'projects', go }
  })
  const ofPeople = (people.data?.data ?? []).map((user): Option => {
    const { id, name, email } = user
    const go = () => void navigate({ to: '/people', search: { name: email ?? name ?? id } })
    return { id, label: nameOf(user), description: email ?? 'Person', icon: 'people', go }
  })
  const found = seesAll ? keys.data : mine.data
  const ofKeys = (found?.data ?? []).map(({ id, name, project, owner }): Option => {
    const description = `Key of ${owner.name || owner.email}${project === null ? '' : ` in ${project.name}`}`
    const go = () => {
      if (!seesAll) void navigate({ to: '/profile/keys' })
      else if (project === null) void navigate({ to: '/keys', search: { name } })
      else void navigate({ to: '/projects/$projectId/keys', params: { projectId: project.id }, search: { name } })
    }
    return { id, label: name, description, icon: 'key', go }
  })
  const isLooking = isAsked && [projects, people, keys, mine].some(({ isFetching }) => isFetching)
  return { options: [...ofProjects, ...ofPeople, ...ofKeys], isLooking }
}
