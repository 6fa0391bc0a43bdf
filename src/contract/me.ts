import { type Static, Type } from './json-schema.ts'
import { AssignedRole } from './role-assignments.ts'
import { get, ours } from './route.ts'
import { Const, Enum, Id, List, Nullable, paging, Query, Searched, Time } from './schema.ts'

const Permissions = Type.Array(Type.String(), {
  description: "What this call's key or session may do: what its user's roles hold, as far as its scopes go.",
})

export const Me = Type.Object({
  object: Const('organization.me'),
  id: Id('The user who calls, or whose key it is.'),
  name: Type.String(),
  email: Type.String(),
  organization: Type.Object({ id: Id('The organization.'), name: Type.String(), default_project_id: Type.String() }),
  by: Enum(['key', 'session'], { description: 'How one has shown who one is.' }),
  scopes: Type.Array(Type.String(), { description: 'What the key is narrowed to. Empty: it is not narrowed.' }),
  expires_at: Nullable(Time),
  roles: Type.Array(AssignedRole, { description: "The user's roles in the organization." }),
  permissions: Permissions,
})
export type Me = Static<typeof Me>

export const MyProject = Type.Object({
  object: Const('organization.me.project'),
  id: Id('The project, as other operations name it.'),
  name: Type.String(),
  created_at: Time,
  permissions: Permissions,
})
export type MyProject = Static<typeof MyProject>

const path = '/v1/organization/me'

export const me = ours('The original tells somebody who they are in its web application only.', {
  retrieve: get(path, {
    summary: 'Who calls, with their roles in the organization and what they may do there',
    permission: 'own.read',
    reply: Me,
  }),
  projects: get(`${path}/projects`, {
    summary: 'List the projects that one is in, oldest first, with what one may do in each; archived ones are left out',
    permission: 'own.read',
    query: Query({
      ...paging(),
      name: Type.Optional(Searched("What the project's name holds.")),
      project_id: Type.Optional(Id('This one alone, where one is in it.')),
    }),
    reply: List(MyProject),
  }),
})
