/**
 * A statement that names no organization, word for word: how it finds its rows, without what it takes of them and without
 * what it joins with them, or all of a statement that is written as text. A `?` stands for each value, and for each list of them.
 */
type Exception = { name: string; why: string; statement: string }

const assignments =
  'insert into role_assignment (organization_id, resource_id, principal_type, principal_id, role_id, created_at)'

/** The statements that name no organization. There is no other. */
export const exceptions: readonly Exception[] = [
  {
    name: "a project's key by its hash",
    why: 'The key is what says whose it is.',
    statement: 'select from project_api_key as k where k.hash = ?',
  },
  {
    name: 'an admin key by its hash',
    why: 'The key is what says whose it is.',
    statement: 'select from admin_api_key as k where k.hash = ?',
  },
  {
    name: "an invite by its link's token",
    why: 'Whoever accepts it has no key: the token is what says which organization invites them.',
    statement: 'select from invite where token_hash = ?',
  },
  {
    name: "a session by its cookie's secret",
    why: 'The secret is what says whose it is.',
    statement: 'select from session as s where s.hash = ?',
  },
  {
    name: 'a link that sets a password by its token',
    why: 'The token is what says who sets one.',
    statement: 'select from password_link where token_hash = ?',
  },
  {
    name: 'users by what a provider calls them',
    why: 'A provider knows subjects and no organizations.',
    statement: 'select from oidc_identity as i where i.issuer = ? and i.subject = ? order by i.organization_id',
  },
  {
    name: 'the same, to sign them out',
    why: 'The same: wherever they have signed in by it.',
    statement: 'select from oidc_identity where issuer = ? and subject = ?',
  },
  {
    name: 'sessions by what a provider calls its own',
    why: 'The same.',
    statement: 'select from session where oidc_sid = ? and oidc_issuer = ?',
  },
  {
    name: "groups that the operator's settings name",
    why: 'They may be of any organization, or of none, which is what is asked.',
    statement: 'select from user_group where id in (?)',
  },
  {
    name: "projects that the operator's settings name",
    why: 'The same.',
    statement: 'select from project where id in (?)',
  },
  {
    name: 'accounts by an address',
    why: 'Whoever signs in says an address, and need not say an organization.',
    statement: 'select from organization_user as u where u.email_key = ? and u.removed_at is null order by u.id',
  },
  {
    name: 'the owners of what a call refers to',
    why: 'Whose it is is the question: the caller is another organization, or it is not.',
    statement: 'select from owned where kind in (?) and id in (?)',
  },
  {
    name: 'the first kind of usage, for the retention',
    why: 'It goes through all organizations, one after the other, and finds out here which there are.',
    statement: 'select from usage_rollup order by organization_id, kind limit ?',
  },
  {
    name: 'the next kind of usage, for the retention',
    why: 'The same.',
    statement: 'select from usage_rollup where (organization_id, kind) > (?, ?) order by organization_id, kind limit ?',
  },
  {
    name: 'things whose time is over',
    why: 'Time is over for all organizations at once, and the index is by the time.',
    statement: 'select from owned where expires_at <= ? order by expires_at limit ?',
  },
  {
    name: 'the deletion of those things',
    why: 'They are the rows that the statement before finds.',
    statement:
      'delete from owned where (kind, id) in (select kind, id from owned where expires_at <= ? order by expires_at limit ?)',
  },
  {
    name: 'batches that are to be worked on',
    why: 'One server does it for all organizations, and finds out here which there are.',
    statement:
      'select from (select row_number() over (partition by project_id, upstream, upstream_file_id is null order by due_at, id) as place from batch where due_at <= ?) as ranked order by place, due_at, id limit ?',
  },
  {
    name: 'the same, of which those come first that have waited longest in their projects',
    why: 'The same.',
    statement: 'select from batch where due_at <= ?',
  },
  {
    name: 'batches that the gate has to run',
    why: 'One server runs those of all organizations, and finds out here which there are.',
    statement: "select from batch where runner = 'gatehouse' and due_at is not null and id > ? order by id limit ?",
  },
  {
    name: 'batches that have ended long ago',
    why: 'The retention deletes them for all organizations.',
    statement: 'select from batch where due_at is null and made_at < ? order by made_at limit ?',
  },
  {
    name: 'the deletion of those batches',
    why: 'They are the rows that the statement before finds.',
    statement:
      'delete from batch where id in (select id from batch where due_at is null and made_at < ? order by made_at limit ?)',
  },
  {
    name: 'what was to be signed with passkeys and expired',
    why: 'The same as of things whose time is over.',
    statement: 'select from passkey_challenge where expires_at <= ? order by expires_at limit ?',
  },
  {
    name: 'the deletion of that',
    why: 'It is the rows that the statement before finds.',
    statement:
      'delete from passkey_challenge where (user_id, hash) in (select user_id, hash from passkey_challenge where expires_at <= ? order by expires_at limit ?)',
  },
  {
    name: 'whether anybody has a webhook endpoint',
    why: 'A process delivers for all organizations.',
    statement: 'select from webhook_endpoint limit ?',
  },
  {
    name: 'responses in the background whose model servers are to be asked how they stand',
    why: 'One server asks for all organizations; each is settled for its own.',
    statement: 'select from background_response where due_at <= ? order by due_at limit ?',
  },
  {
    name: 'the same, but for those of model servers that are being asked',
    why: 'The same.',
    statement:
      'select from background_response where due_at <= ? and (upstream is null or upstream not in (?)) order by due_at limit ?',
  },
  {
    name: 'the next organization with webhooks of its own',
    why: 'One tells of all organizations what is found by looking.',
    statement:
      'select from webhook_endpoint where project_id is null and organization_id > ? order by organization_id limit ?',
  },
  {
    name: 'webhook endpoints that have something due',
    why: 'One delivers for all organizations, those first that have waited longest.',
    statement:
      'select from webhook_endpoint where due_at <= ? and hanging = ? and organization_id not in (?) and (project_id is null or project_id not in (?)) order by due_at limit ?',
  },
  {
    name: 'webhooks that failed and are too old',
    why: 'The same as of things whose time is over.',
    statement: 'select from webhook_delivery where due_at is null and created_at < ? order by created_at limit ?',
  },
  {
    name: 'the deletion of those',
    why: 'They are the rows that the statement before finds.',
    statement:
      'delete from webhook_delivery where (organization_id, endpoint_id, id) in (select organization_id, endpoint_id, id from webhook_delivery where due_at is null and created_at < ? order by created_at limit ?)',
  },
  {
    name: 'webhooks that wait for an endpoint that is gone',
    why: 'The same as of things whose time is over.',
    statement:
      'select from webhook_delivery where due_at is not null and not exists (select webhook_endpoint.id from webhook_endpoint where webhook_endpoint.organization_id = webhook_delivery.organization_id and webhook_endpoint.id = webhook_delivery.endpoint_id) and created_at < ? order by created_at limit ?',
  },
  {
    name: 'their endpoints',
    why: 'Each is the one of a row, in its own organization.',
    statement:
      'select from webhook_endpoint where webhook_endpoint.organization_id = webhook_delivery.organization_id and webhook_endpoint.id = webhook_delivery.endpoint_id',
  },
  {
    name: 'the deletion of webhooks that wait for an endpoint that is gone',
    why: 'They are the rows that the statement before finds.',
    statement:
      'delete from webhook_delivery where (organization_id, endpoint_id, id) in (select organization_id, endpoint_id, id from webhook_delivery where due_at is not null and not exists (select webhook_endpoint.id from webhook_endpoint where webhook_endpoint.organization_id = webhook_delivery.organization_id and webhook_endpoint.id = webhook_delivery.endpoint_id) and created_at < ? order by created_at limit ?)',
  },
  {
    name: 'refusals for limits that are too old',
    why: 'The same as of things whose time is over.',
    statement: 'select from limit_refusal where time < ? order by time limit ? offset ?',
  },
  {
    name: 'the deletion of those refusals',
    why: 'The same.',
    statement: 'delete from limit_refusal where time <= ?',
  },
  {
    name: 'what a writer of usage has brought',
    why: 'A process writes for all organizations: at its end it tells Redis of each, and long after it is forgotten.',
    statement: 'select from spend_of_writer where writer = ? order by organization_id, project_id, month limit ?',
  },
  {
    name: 'levels of limits at a start',
    why: 'A process counts for all organizations, so it takes up what the last one saved of all of them.',
    statement: 'select from limit_level order by organization_id, key limit ?',
  },
  {
    name: 'the next page of them',
    why: 'The same.',
    statement: 'select from limit_level where (organization_id, key) > (?, ?) order by organization_id, key limit ?',
  },
  {
    name: 'levels that have drained',
    why: 'At a start, those of all organizations: of a page of them.',
    statement:
      'delete from limit_level where (organization_id, key) >= (?, ?) and (organization_id, key) <= (?, ?) and at_ms <= ? and level <= maximum',
  },
  {
    name: 'roles of users become assignments',
    why: 'A migration carries over what all organizations have.',
    statement: `${assignments} select organization_id, organization_id, 'user', id, 'role-api-organization-' || role, created_at from organization_user where role is not null and removed_at is null`,
  },
  {
    name: "roles of a project's users become assignments",
    why: 'The same.',
    statement: `${assignments} select organization_id, project_id, 'user', user_id, 'role-api-project-' || role, added_at from project_user where role is not null`,
  },
  {
    name: 'roles of service accounts become assignments',
    why: 'The same.',
    statement: `${assignments} select organization_id, project_id, 'service_account', id, 'role-api-project-' || role, created_at from service_account where role <> 'none'`,
  },
  {
    name: 'owners of responses become owners of things of any kind',
    why: 'The same.',
    statement:
      "insert into owned (kind, id, organization_id, project_id, upstream, expires_at) select 'response', response_id, organization_id, project_id, upstream, expires_at from response_owner",
  },
  {
    name: "how the owners of keys stand in the keys' projects",
    why: 'A migration works it out for all keys; within, each is tied to its organization.',
    statement: `update project_api_key as k set owner_standing = case when exists (select 1 from service_account s where s.organization_id = k.organization_id and s.id = k.service_account_id and s.role <> 'none') then 'own' when exists (select 1 from organization_user u where u.organization_id = k.organization_id and u.id = k.user_id and u.role = 'owner' and u.removed_at is null) then 'own' when exists (select 1 from project_user m where m.organization_id = k.organization_id and m.project_id = k.project_id and m.user_id = k.user_id) then 'own' when exists (select 1 from group_user g where g.organization_id = k.organization_id and g.user_id = coalesce(k.user_id, k.service_account_id)) then 'groups' else 'none' end`,
  },
]
