/** A statement that may read more: how its text begins, and why. */
export const allowed: readonly { sql: string; why: string }[] = [
  {
    sql: 'delete from limit_level where (organization_id, key) >= ',
    why: 'At a start, of each page of the levels that are taken up: what lies between its first row and its last.',
  },
  {
    sql: 'select key, level, maximum, at_ms from limit_level where organization_id = ',
    why: 'A Redis that has lost the levels of days is given all of an organization.',
  },
  {
    sql: 'delete from audit_log where organization_id = ? and (effective_at, id) <= (?, ?) and id != ?',
    why: 'As many as one deletion may: it ends with the last of a thousand that were read.',
  },
  {
    sql: 'delete from limit_refusal where time <= ',
    why: 'As many as one deletion may: it ends with the last of a thousand that were read.',
  },
  { sql: 'delete from owned where (kind, id) in (select', why: 'As many as one deletion may: the limit is within.' },
  { sql: 'delete from batch where id in (select', why: 'The same.' },
  { sql: 'delete from sign_in_attempt where name in (select', why: 'The same.' },
  { sql: 'delete from webhook_delivery where (organization_id, endpoint_id, id) in (select', why: 'The same.' },
  { sql: 'delete from passkey_challenge where (user_id, hash) in (select', why: 'The same.' },
  {
    sql: 'select *, row_number() over (partition by project_id, upstream, upstream_file_id is null order by due_at, id)',
    why: 'All batches that are due: a thousand of a project at most. Which of them come first hangs on all of them.',
  },
  {
    sql: 'select * from (select *, row_number() over (partition by project_id, upstream, upstream_file_id is null order by',
    why: 'The same.',
  },
  {
    sql: 'delete from project_group where organization_id = ? and group_id = ?',
    why: 'A group that is deleted leaves every project that it is in.',
  },
  { sql: 'delete from group_user where organization_id = ? and group_id = ?', why: 'Everybody leaves it.' },
  { sql: 'select g.user_id as id from group_user as g inner join project_api_key', why: 'Who they are, before that.' },
]
