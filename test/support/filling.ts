import { monthOf } from '../../src/core/month.ts'
import { dimensions, measures } from '../../src/core/usage-entry.ts'
import type { DatabaseKind } from './databases.ts'

/** What the rows of a filling are said by. */
export type Filling = { kind: DatabaseKind; organizationId: string; ownerId: string; rows: number }

/** The id of the i-th thing of a kind, as a filling makes it: all of them are older than what is made afterwards. */
export const nth = (prefix: string, i: number) => prefix + String(i).padStart(24, '0')

/** The project that everything below projects is in, and the group that everybody is in. */
export const FULL_PROJECT = nth('proj_', 1)
export const FULL_GROUP = nth('group_', 1)
/** The month in which everything was spent: this one. */
export const FULL_MONTH = monthOf(Date.now()).name
/** The webhook endpoint that everything waits for, or did not reach. */
export const FULL_ENDPOINT = nth('whe_', 1)
/** Event types, and things of the log, that are ten times in it, however long it is. */
export const RARE_TYPES = ['certificate.created', 'certificate.deleted'] as const
export const RARE = 10
/** Usage of a day: a report of one day is over as many rows, however many days there are. */
export const USAGE_OF_A_DAY = 1000
export const LAST_USAGE_DAY = 20_000 * 86_400
const REMOVED_WITH_KEYS = 30
/** An organization has fifty at most. */
const CERTIFICATES = 40

/**
 * Statements that fill the tables of an organization with as many rows each, shaped so that a list or a look-up that reads more
 * than it needs has much to read: as many users who were removed as there are, half of the projects archived, one project and
 * one group with everybody in them, rare events among many.
 */
export function fillings({ kind, organizationId, ownerId, rows: n }: Filling): string[] {
  const sqlite = kind === 'sqlite'
  const text = (x: string) => (sqlite ? `(${x})` : `(${x})::text`)
  const id = (prefix: string, x = 'i') =>
    sqlite ? `printf('${prefix}%024d', ${x})` : `'${prefix}' || lpad(${text(x)}, 24, '0')`
  const hash = sqlite ? 'lower(hex(randomblob(32)))' : 'md5(random()::text) || md5(random()::text)'
  const series = (count: number) =>
    sqlite
      ? `(with recursive c(i) as (select 1 union all select i + 1 from c where i < ${count}) select i from c) as s`
      : `generate_series(1, ${count}) as s(i)`
  const own = { organization_id: `'${organizationId}'` }
  const insert = (table: string, values: Record<string, string>, count = n) =>
    `insert into ${table} (${Object.keys(values).join(', ')}) select ${Object.values(values).join(', ')} from ${series(count)}`
  const full = { ...own, project_id: `'${FULL_PROJECT}'` }
  const present = id('user-', `${n} + i`)
  const created = { created_at: '1' }
  const key = { ...own, name: "'k'", hash, redacted_value: "'sk-'", scopes: "'[]'", ...created }
  const assigned = (resource: string, type: string, principal: string, role: string) => ({
    ...own,
    resource_id: `'${resource}'`,
    principal_type: `'${type}'`,
    principal_id: principal,
    role_id: `'role-api-${role}'`,
    ...created,
  })
  /** Ten of n rows are the j-th rare one, the others common ones. */
  const rarely = (rare: readonly string[], common: string) =>
    `case i % ${n / RARE} ${rare.map((one, j) => `when ${j} then ${one}`).join(' ')} else ${common} end`
  /** A few keys are of people who were removed. */
  const removed = `i <= ${REMOVED_WITH_KEYS}`
  const zero = Object.fromEntries([...measures, 'batch'].map((name) => [name, '0']))
  const blank = Object.fromEntries(dimensions.map((name) => [name, "''"]))
  return [
    insert('organization', { id: id('org-'), name: "'o'", default_project_id: id('proj_'), ...created }, n / RARE),
    insert('project', {
      ...own,
      id: id('proj_'),
      name: "'p'",
      ...created,
      archived_at: `case when i > 1 and i <= ${n / 2} then 1 end`,
    }),
    insert(
      'organization_user',
      {
        ...{
          ...own,
          id: id('user-'),
          email: `'u' || ${text('i')} || '@x.io'`,
          email_key: `'u' || ${text('i')} || '@x.io'`,
        },
        ...{ name: "'u'", role: "'reader'", ...created, removed_at: `case when i <= ${n} then 1 end` },
      },
      2 * n,
    ),
    insert('role_assignment', assigned(organizationId, 'user', present, 'organization-reader')),
    insert('project_user', { ...full, user_id: present, role: "'member'", added_at: '1' }),
    insert('role_assignment', assigned(FULL_PROJECT, 'user', present, 'project-member')),
    insert('user_group', { ...own, id: id('group_'), name: "'g'", ...created }),
    insert('group_user', { ...own, group_id: `'${FULL_GROUP}'`, user_id: present, added_at: '1' }),
    insert('project_group', { ...full, group_id: id('group_'), ...created }),
    insert('role_assignment', assigned(FULL_PROJECT, 'group', id('group_'), 'project-viewer')),
    insert('service_account', { ...full, id: id('svc_acct_'), name: "'s'", role: "'member'", ...created }),
    insert('role_assignment', assigned(FULL_PROJECT, 'service_account', id('svc_acct_'), 'project-member')),
    insert('project_api_key', {
      ...key,
      ...full,
      id: id('key_'),
      service_account_id: id('svc_acct_'),
      owner_standing: "'own'",
    }),
    insert('project_api_key', {
      ...key,
      ...full,
      id: id('key_', `${n} + i`),
      user_id: id('user-', `case when ${removed} then i else ${n} + i end`),
      owner_standing: `case when ${removed} then 'none' else 'own' end`,
    }),
    insert('admin_api_key', { ...key, id: id('key_', `${2 * n} + i`), user_id: present }),
    insert('invite', {
      ...{
        ...own,
        id: id('invite-'),
        email: `'i' || ${text('i')} || '@x.io'`,
        email_key: `'i' || ${text('i')} || '@x.io'`,
      },
      ...{ role: "'reader'", projects: "'null'", ...created, expires_at: '2' },
    }),
    insert('session', {
      ...{ ...own, id: id('sess_'), user_id: present, hash, ...created },
      ...{ last_used_at: '1', expires_at: '2' },
    }),
    insert('user_password', { ...own, user_id: present, hash, changed_at: '1' }),
    insert('second_factor', { ...own, user_id: present, secret: "'x'", set_at: '1', last_step: '1' }),
    insert('second_factor_setup', { ...own, user_id: present, secret: "'x'", expires_at: '2' }),
    insert('recovery_code', { ...own, user_id: present, hash }),
    insert('passkey', {
      ...{
        ...own,
        id: id('passkey_'),
        user_id: present,
        rp_id: "'localhost'",
        credential_id: text('i'),
        public_key: "''",
      },
      ...{ counter: '0', transports: "'[]'", name: "'x'", ...created },
    }),
    // Of a day far ahead: the retention of a server that starts deletes what has expired.
    insert('passkey_challenge', {
      ...{ ...own, user_id: present, hash, purpose: "'show'" },
      expires_at: '4000000000',
    }),
    insert('sign_in_attempt', { name: `'network ' || ${text('i')}`, full_at_ms: '2000000000000 + i' }),
    insert('password_link', { ...own, user_id: present, token_hash: hash, ...created, expires_at: '2' }),
    insert('oidc_identity', {
      ...own,
      issuer: "'https://id.example'",
      subject: text('i'),
      user_id: present,
      ...created,
    }),
    insert('role', {
      ...{ ...own, id: id('role_'), resource_id: `'${organizationId}'`, name: `'r' || ${text('i')}` },
      ...{ permissions: `'["api.model.read"]'`, ...created, updated_at: '1' },
    }),
    insert(
      'certificate',
      { ...own, id: id('cert_'), content: "''", valid_at: '1', expires_at: '2', ...created },
      CERTIFICATES,
    ),
    insert('project_certificate', {
      ...{
        ...own,
        project_id: id('proj_', '1 + i'),
        certificate_id: id('cert_', `1 + i % ${CERTIFICATES}`),
        activated_at: '1',
      },
    }),
    insert('rate_limit', { ...own, project_id: id('proj_'), model: "'m'", limits: "'{}'", updated_at: '1' }),
    insert('project_policy', {
      ...own,
      project_id: id('proj_'),
      spend_limit_cents: 'case when i > 1 and i <= 41 then 100 end',
    }),
    insert('spend_alert', {
      ...own,
      id: id('alert_'),
      project_id: id('proj_'),
      threshold_cents: '1',
      recipients: "'[]'",
    }),
    insert('spend_alert_sent', {
      ...own,
      alert_id: id('alert_'),
      month: `'${FULL_MONTH}'`,
      threshold_cents: '1',
      sent_at: '1',
    }),
    insert('spend_total', { ...own, project_id: id('proj_'), month: `'${FULL_MONTH}'`, amount_nano: '1' }),
    insert('spend_of_writer', {
      ...own,
      project_id: id('proj_'),
      month: `'${FULL_MONTH}'`,
      writer: id('w', 'i % 50'),
      amount_nano: '1',
    }),
    insert('limit_level', { ...own, key: id('window '), level: '2', maximum: '1', at_ms: '1' }, 2000),
    insert('limit_refusal', {
      ...full,
      ...{ time: '4000000000 + i * 300', model: "'m'", scope: "'project'", dimension: "'d'", refused: '1' },
    }),
    insert('owned', { ...full, kind: "'response'", id: id('resp_'), upstream: "'default'", expires_at: '2000000000' }),
    insert('owned', {
      ...{ ...full, kind: "'file'", id: id('file_'), upstream: "'default'", expires_at: '4000000000' },
      ...{ made_at: 'i', label: "'user_data'" },
    }),
    insert('lease', { name: `'job ' || ${text('i')}`, holder: "'nobody'", until_ms: '1' }),
    insert('batch', {
      ...{ ...full, id: id('batch_'), key_id: id('key_'), user_id: id('svc_acct_'), runner: "'upstream'" },
      ...{ endpoint: "'/v1/responses'", completion_window: "'24h'", input_file_id: id('file_'), status: "'completed'" },
      ...{ ...created, made_at: '4000000000000 + i' },
    }),
    insert('background_response', {
      ...{ ...full, id: id('bg_'), key_id: id('key_'), user_id: id('svc_acct_'), response_id: id('resp_') },
      ...{ upstream: "'default'", made_at: 'i', due_at: 'i', reserved_nano: '0', terms: "'{}'" },
    }),
    insert('webhook_endpoint', {
      ...{ ...own, id: id('whe_'), project_id: id('proj_'), name: "'n'", url: "'https://example.com'" },
      ...{ event_types: `'["batch.completed"]'`, secret: "'whsec_x'", created_at: '1', updated_at: '1' },
      ...{ waiting: '1', due_at: '1' },
    }),
    insert('webhook_told', { ...own, source: id('limit '), position: `'${FULL_MONTH}-01T04'` }),
    insert('webhook_delivery', {
      ...{ ...own, id: id('wh_'), event_id: id('evt_'), payload: "'{}'" },
      endpoint_id: `case i % 3 when 0 then ${id('whe_')} else '${FULL_ENDPOINT}' end`,
      ...{ event_type: "'batch.completed'", created_at: 'i', attempts: '1' },
      due_at: 'case i % 2 when 0 then null else i end',
    }),
    insert('batch_held', { ...own, what: id('money/'), amount: '1' }),
    insert('audit_log', {
      ...{ ...own, id: id('audit_log-'), effective_at: '1700000000 + i', resource_id: id('proj_') },
      type: rarely(
        RARE_TYPES.map((type) => `'${type}'`),
        `case i % 2 when 0 then 'project.created' else 'api_key.created' end`,
      ),
      project_id: rarely([id('proj_', `${n}`), id('proj_', `${n - 1}`)], id('proj_', '1 + i % 20')),
      actor_id: rarely(
        [id('user-', `${2 * n}`)],
        `case i % 2 when 0 then ${id('user-', `${n} + 1 + i % 20`)} else '${ownerId}' end`,
      ),
      actor_key_id: rarely([id('key_', '7')], id('key_', '1 + i % 5')),
      actor_email_key: rarely(["'rare@x.io'"], `'u' || ${text('i % 20')} || '@x.io'`),
      payload: `'{"id":"proj_000000000000000000000001","data":{"name":"p","title":"p"}}'`,
    }),
    insert('usage_rollup', {
      ...{
        ...blank,
        ...zero,
        ...own,
        kind: "'costs'",
        grain: '86400',
        line_item: "'m, input_tokens'",
        amount_nano: '1000',
      },
      time: `${LAST_USAGE_DAY} - (i / ${USAGE_OF_A_DAY}) * 86400`,
      ...{ api_key_id: id('key_', `i % ${USAGE_OF_A_DAY}`), project_id: id('proj_', 'i % 10') },
    }),
  ]
}
