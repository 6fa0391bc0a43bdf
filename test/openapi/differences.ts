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
    differences: [
      '* query limit: minimum 1 here, none there',
      '* query limit: maximum 100 here, none there',
      'GET /organization/projects/{project_id}/rate_limits query limit: maximum 1000 here, none there',
      'GET /organization/usage/* query limit: maximum 1440 here, none there',
      'GET /organization/costs query limit: maximum 180 here, none there',
    ],
  },
  {
    reason: 'So is a number that cannot be meant or kept: a limit below nothing, a time in milliseconds.',
    differences: [
      '* /organization/projects/{project_id}/rate_limits* *_1_*: minimum 0 here, none there',
      '* /organization/projects/{project_id}/rate_limits* *_1_*: maximum 2147483647 here, none there',
      '* reply *threshold_amount: minimum * here, none there',
      '* *threshold_amount: maximum 100000000000 here, none there',
      'GET /organization/audit_logs query effective_at*: minimum -9007199254740991 here, none there',
      'GET /organization/audit_logs query effective_at*: maximum 9007199254740991 here, none there',
      'GET * query start_time: minimum 0 here, none there',
      'GET * query start_time: maximum 253402300799 here, none there',
      'GET * query end_time: minimum 0 here, none there',
      'GET * query end_time: maximum 253402300799 here, none there',
    ],
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
      '* /organization/users* reply *role: only owner, reader here, any there',
      'POST /organization/users/{user_id} body role: only owner, reader here, any there',
      '* /organization/projects* reply *status: only active, archived here, any there',
      '* /organization/projects/{project_id}/users* reply *role: only member, none, owner, viewer here, any there',
      'POST /organization/projects/{project_id}/users* body role: only member, owner here, any there',
      'GET /organization/projects/{project_id}/users reply object: only list here, any there',
      '* reply *resource_type: only api.organization, api.project here, any there',
      '* reply *assignment_sources[].principal_type: only group, user here, any there',
      'DELETE *roles/{role_id} reply object: only group.role.deleted here, any there',
      'DELETE *roles/{role_id} reply object: only user.role.deleted here, any there',
      'POST /projects/{project_id}/users/{user_id}/roles reply user.role: only owner, reader here, any there',
      'GET /organization/costs reply data[].results[].amount.currency: only usd here, any there',
    ],
  },
  {
    reason: 'A project here always has a name and a status.',
    differences: ['* /organization/projects* reply *name: nullable there only', '* reply *status: nullable there only'],
  },
  {
    reason: 'A user says nothing of their projects here: the users of a project are listed below the project.',
    differences: [
      '*/users* reply *projects: anything here, object there',
      '*/users* reply *projects.object: only there',
      '*/users* reply *projects.data: only there',
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
      'POST /organization/projects/{project_id}/service_accounts reply api_key: nullable here only',
      '* /organization/projects/{project_id}/service_tier_settings: only here',
      'GET /organization/audit_logs *type*: external_storage.registered, external_storage.removed, tenant.trusted_access.application.submitted, tenant.trusted_access.business_verification.started here only',
      'GET /organization/usage/decisions: only here',
      'GET /organization/usage/completions reply data[].results[].input_cache_write_*_tokens: only here',
      'GET /organization/* query group_by[]: api_source here only',
      'GET /organization/* reply data[].results[].api_source: only here',
      'GET /organization/costs query line_items: only here',
      'GET /organization/costs query group_by[]: api_source, user_id here only',
      'GET /organization/costs reply data[].results[].user_id: only here',
      'GET /organization/costs reply data[].results[].quantity_unit: any here, only 1000_tokens, characters, duration_hours, duration_minutes, duration_seconds, gibibyte_hours, images, tokens there',
    ],
  },
  {
    reason: 'What a held role never has here: nobody else is told of who made it, and no role carries metadata.',
    differences: [
      '* reply *created_by_user_obj: anything here, object there',
      '* reply *metadata: anything here, object there',
    ],
  },
  {
    reason: 'A role is held because of something: where it comes from is always said.',
    differences: ['* reply *assignment_sources: nullable there only'],
  },
  {
    reason: 'A certificate by itself is of no organization or project, so it is not said to be active in one.',
    differences: [
      '* /organization/certificates* reply object: organization.certificate, organization.project.certificate there only',
      '* /organization/certificates* reply active: only there',
    ],
  },
  {
    reason:
      'An event says what kind of object it is, and where a session came from, as the original has been seen to do.',
    differences: [
      'GET /organization/audit_logs reply data[].object: only here',
      'GET /organization/audit_logs reply data[].actor.session.user_agent: only here',
    ],
  },
  {
    reason: 'The details of an event stand under its type: described once for all types, not field by field for each.',
    differences: ['GET /organization/audit_logs reply data[].*.*: only there'],
  },
]
