import { FULL_GROUP, FULL_PROJECT, LAST_USAGE_DAY, nth, RARE_TYPES } from '../test/support/filling.ts'

/**
 * What is asked of a filled server, by name: look-ups, pages of every list from its beginning, its middle and its end and by
 * filters that little passes, and a report. The paths, behind `/v1/`, differ only in where the middle and the end are.
 * @param rows how many of each there are
 */
export function measures(rows: number): Record<string, string> {
  const administration = Object.entries(ofOrganization(rows)).map(([name, path]) => [name, `organization/${path}`])
  const roles = `projects/${FULL_PROJECT}/users/${nth('user-', rows + 5)}/roles`
  return { ...Object.fromEntries(administration), "look-up: a user's roles in a project": roles }
}

function ofOrganization(rows: number): Record<string, string> {
  const user = nth('user-', rows + 5)
  const below = `projects/${FULL_PROJECT}`
  const types = RARE_TYPES.map((type) => `event_types[]=${type}`).join('&')
  const rare = { project: nth('proj_', rows), user: nth('user-', 2 * rows), key: nth('key_', 7) }
  return {
    'look-up: a project': `projects/${nth('proj_', rows)}`,
    'look-up: a user': `users/${user}`,
    'look-up: roles of a user': `users/${user}/roles`,
    'look-up: a user in a project': `${below}/users/${user}`,
    'look-up: a key': `${below}/api_keys/${nth('key_', rows - 5)}`,
    'look-up: a service account': `${below}/service_accounts/${nth('svc_acct_', rows - 5)}`,
    'look-up: somebody in a group': `groups/${FULL_GROUP}/users/${user}`,
    ...pages('projects', 'proj_', rows),
    'projects, archived ones too': 'projects?include_archived=true',
    ...pages('users', 'user-', 2 * rows),
    'users by address': `users?emails[]=u${2 * rows}@x.io&emails[]=nobody@x.io`,
    ...pages(`${below}/users`, 'user-', 2 * rows),
    ...pages(`groups/${FULL_GROUP}/users`, 'user-', 2 * rows),
    ...pages(`${below}/service_accounts`, 'svc_acct_', rows),
    ...pages(`${below}/api_keys`, 'key_', 2 * rows),
    'keys of all owners': `${below}/api_keys?owner_project_access=any`,
    'keys of owners without access': `${below}/api_keys?owner_project_access=inactive`,
    ...pages('admin_api_keys', 'key_', 3 * rows),
    ...pages('groups', 'group_', rows),
    ...pages(`${below}/groups`, 'group_', rows),
    ...pages('invites', 'invite-', rows),
    ...pages('roles', 'role_', rows, '&limit=20'),
    certificates: 'certificates',
    'certificates of a project': `${below}/certificates`,
    'spend alerts of a project': `${below}/spend_alerts`,
    ...pages('audit_logs', 'audit_log-', rows),
    'audit: up from an event': `audit_logs?before=${nth('audit_log-', rows / 2)}`,
    'audit: two rare types': `audit_logs?${types}`,
    'audit: a type that never was': 'audit_logs?event_types[]=invite.accepted',
    'audit: a type, long ago': 'audit_logs?event_types[]=api_key.created&effective_at[lt]=1700000030',
    'audit: two rare projects': `audit_logs?project_ids[]=${rare.project}&project_ids[]=${nth('proj_', rows - 1)}`,
    'audit: a rare user and a rare key': `audit_logs?actor_ids[]=${rare.user}&actor_ids[]=${rare.key}`,
    'audit: a rare address': 'audit_logs?actor_emails[]=rare@x.io',
    'audit: one object': `audit_logs?resource_ids[]=${nth('proj_', rows - 5)}`,
    'audit: a rare type, a common project': `audit_logs?event_types[]=${RARE_TYPES[0]}&project_ids[]=${nth('proj_', 2)}`,
    'audit: a common type, a rare user': `audit_logs?event_types[]=api_key.created&actor_ids[]=${rare.user}`,
    'report: costs of a day': `costs?start_time=${LAST_USAGE_DAY}&end_time=${LAST_USAGE_DAY + 86_400}`,
    'report: costs of a day by key': `costs?start_time=${LAST_USAGE_DAY}&end_time=${LAST_USAGE_DAY + 86_400}&group_by[]=api_key_id`,
  }
}

function pages(path: string, prefix: string, last: number, more = ''): Record<string, string> {
  const name = path.replace(/projects\/[^/]+\//, 'project: ').replace(/groups\/[^/]+\//, 'group: ')
  const at = (i: number) => `${path}?after=${nth(prefix, i)}${more}`
  return {
    [`${name}, first page`]: `${path}?limit=20`,
    [`${name}, middle`]: at(last - Math.floor(last / 8)),
    [`${name}, last page`]: at(last - 15),
  }
}
