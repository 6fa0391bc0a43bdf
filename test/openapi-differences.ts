/**
 * In what our description deliberately differs from the published one, and why. A `*` stands for anything. What differs and
 * is not here is a mistake, and so is what is here and does not differ any more.
 */
export const deliberate: readonly { reason: string; differences: readonly string[] }[] = [
  {
    reason: 'Every reply has every field, with null where there is nothing to say, so that a client sees no drift.',
    differences: ['* reply *: required here only'],
  },
  {
    reason: 'A limit out of range is refused, and a client can read which range that is.',
    differences: ['* query limit: minimum 1 here, none there', '* query limit: maximum 100 here, none there'],
  },
  {
    reason: 'A query has no null: an empty cursor is none, and that is what the official client writes for null.',
    differences: ['GET /organization/admin_api_keys query after: nullable there only'],
  },
  {
    reason:
      'The published description leaves open which values there are. These are all that this server has or takes.',
    differences: [
      '* /organization/admin_api_keys* reply *owner.type: only user here, any there',
      '* /organization/admin_api_keys* reply *owner.object: only organization.user here, any there',
      '* /organization/admin_api_keys* reply *owner.role: only owner, reader here, any there',
      '* /organization/users* reply *role: only owner, reader here, any there',
      'POST /organization/users/{user_id} body role: only owner, reader here, any there',
      '* /organization/projects* reply *status: only active, archived here, any there',
      '* /organization/projects/{project_id}/users* reply *role: only member, owner here, any there',
      'POST /organization/projects/{project_id}/users* body role: only member, owner here, any there',
      'GET /organization/projects/{project_id}/users reply object: only list here, any there',
    ],
  },
  {
    reason: 'A project here always has a name and a status.',
    differences: ['* /organization/projects* reply *name: nullable there only', '* reply *status: nullable there only'],
  },
  {
    reason: 'A user says nothing of their projects here: the users of a project are listed below the project.',
    differences: [
      '* /organization/users* reply *projects: anything here, object there',
      '* /organization/users* reply *projects.object: only there',
      '* /organization/users* reply *projects.data: only there',
    ],
  },
  {
    reason: 'Newer than the published description: the official client of version 7.57 has it.',
    differences: [
      'POST /organization/projects body residency: AU_STORAGE_PROCESSING, IN_STORAGE_PROCESSING, JP_STORAGE_PROCESSING here only',
      '* reply *residency: AU_STORAGE_PROCESSING, IN_STORAGE_PROCESSING, JP_STORAGE_PROCESSING here only',
      'POST /organization/projects body geography: only here',
      'POST /organization/projects/{project_id} body geography: only here',
      'POST /organization/projects/{project_id}/service_accounts* body expires_in_seconds: only here',
      'POST /organization/projects/{project_id}/service_accounts* reply *expires_at: only here',
      'GET /organization/projects/{project_id}/api_keys* reply *expires_at: only here',
      'POST /organization/projects/{project_id}/api_keys/{api_key_id}: only here',
    ],
  },
  {
    reason: 'An extension: the original accepts invites in its web application only.',
    differences: ['POST /organization/invites/accept: only here'],
  },
]
