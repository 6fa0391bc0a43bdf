import { type Static, Type } from './json-schema.ts'
import { get, post } from './route.ts'
import { Body, Nullable } from './schema.ts'

const Permission = Type.Object({ enabled: Type.Boolean() })
const Change = Type.Optional(
  Nullable(Body({ enabled: Type.Boolean({ description: 'Null or omitted around it: as it was.' }) })),
)

export const HostedToolPermissions = Type.Object({
  code_interpreter: Permission,
  file_search: Permission,
  image_generation: Permission,
  mcp: Permission,
  web_search: Permission,
})
export type HostedToolPermissions = Static<typeof HostedToolPermissions>

const path = '/v1/organization/projects/:project_id/hosted_tool_permissions'

export const hostedToolPermissions = {
  retrieve: get(path, {
    summary: 'Retrieve which hosted tools a project may use; all, unless told otherwise',
    permission: 'api.management.read',
    level: 'organization',
    reply: HostedToolPermissions,
  }),
  update: post(path, {
    summary: 'Change which hosted tools a project may use',
    permission: 'api.management.write',
    level: 'organization',
    audit: 'project.updated',
    grants: { nothing: 'it rules what may be used, and gives nobody a role or a key' },
    body: Body({
      code_interpreter: Change,
      file_search: Change,
      image_generation: Change,
      mcp: Change,
      web_search: Change,
    }),
    reply: HostedToolPermissions,
  }),
}
