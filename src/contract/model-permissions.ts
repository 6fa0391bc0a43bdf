import { modelModes } from '../core/policy.ts'
import { type Static, Type } from './json-schema.ts'
import { del, get, post } from './route.ts'
import { Body, Const, Enum } from './schema.ts'

const Mode = Enum([...modelModes], { description: '`allow_list`: these models only. `deny_list`: all but these.' })

export const ModelPermissions = Type.Object({
  object: Const('project.model_permissions'),
  mode: Mode,
  model_ids: Type.Array(Type.String()),
})
export type ModelPermissions = Static<typeof ModelPermissions>

const path = '/v1/organization/projects/:project_id/model_permissions'

export const modelPermissions = {
  retrieve: get(path, {
    summary: "Retrieve a project's model permissions. Without any every model is allowed, and this is a 404",
    permission: 'api.management.read',
    level: 'organization',
    reply: ModelPermissions,
  }),
  update: post(path, {
    summary: "Set a project's model permissions, in place of those it had",
    permission: 'api.management.write',
    level: 'organization',
    usesModels: true,
    audit: 'project.updated',
    grants: { nothing: 'it rules what may be used, and gives nobody a role or a key' },
    body: Body({
      mode: Mode,
      model_ids: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
        maxItems: 1000,
        description: 'Models that the organization can see, each once. With `allow_list` an empty list allows none.',
      }),
    }),
    reply: ModelPermissions,
  }),
  delete: del(path, {
    summary: "Delete a project's model permissions: every model is allowed again",
    permission: 'api.management.write',
    level: 'organization',
    audit: 'project.updated',
    grants: { nothing: 'it rules what may be used, and gives nobody a role or a key' },
    reply: Type.Object({ object: Const('project.model_permissions.deleted'), deleted: Type.Boolean() }),
  }),
}
