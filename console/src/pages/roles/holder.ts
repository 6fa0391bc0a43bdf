import type { Where } from './where.ts'

/** Whose roles are shown. */
export type Holder = { kind: 'user' | 'group'; id: string; name: string }

/** The operations on the roles of a user or a group, in the organization or in a project. */
export const heldPath = (kind: Holder['kind'], { projectId }: Where) =>
  `/v1/${projectId === undefined ? 'organization' : 'projects/:project_id'}/${kind === 'user' ? 'users/:user_id' : 'groups/:group_id'}/roles` as const

/** What such a path names, whichever of them it is. */
export const heldParams = ({ id }: Holder, { projectId = '' }: Where) => ({
  project_id: projectId,
  user_id: id,
  group_id: id,
})
