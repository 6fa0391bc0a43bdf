import type { Tables } from '../../src/db/tables.ts'

/** What a statement does to a table, and the columns that it finds the rows by, in their order. */
export type Statement = { kind: 'select' | 'update' | 'delete'; table: string; by: readonly string[] }

type Exception = { name: string; why: string } & (
  | (Statement & { table: keyof Tables })
  /** How a statement begins that is written as text. */
  | { text: string }
)

/** The statements that name no organization. There is no other. */
export const exceptions: readonly Exception[] = [
  {
    name: "a project's key by its hash",
    why: 'The key is what says whose it is.',
    kind: 'select',
    table: 'project_api_key',
    by: ['hash'],
  },
  {
    name: 'an admin key by its hash',
    why: 'The key is what says whose it is.',
    kind: 'select',
    table: 'admin_api_key',
    by: ['hash'],
  },
  {
    name: "an invite by its link's token",
    why: 'Whoever accepts it has no key: the token is what says which organization invites them.',
    kind: 'select',
    table: 'invite',
    by: ['token_hash'],
  },
  {
    name: 'the owner of a response',
    why: 'Whose it is is the question: the caller is another organization, or it is not.',
    kind: 'select',
    table: 'response_owner',
    by: ['response_id'],
  },
  {
    name: 'the next kind of usage, for the retention',
    why: 'It goes through all organizations, one after the other, and finds out here which there are.',
    kind: 'select',
    table: 'usage_rollup',
    by: ['organization_id', 'kind'],
  },
  {
    name: 'the first kind of usage, for the retention',
    why: 'Where that begins.',
    kind: 'select',
    table: 'usage_rollup',
    by: [],
  },
  {
    name: 'owners of responses that have expired',
    why: 'Time is over for all organizations at once, and the index is by the time.',
    kind: 'select',
    table: 'response_owner',
    by: ['expires_at'],
  },
  {
    name: 'the deletion of those owners',
    why: 'They are the rows that the statement before finds.',
    kind: 'delete',
    table: 'response_owner',
    by: ['response_id'],
  },
  {
    name: 'levels of limits at a start',
    why: 'A process counts for all organizations, so it takes up what the last one saved of all of them.',
    kind: 'select',
    table: 'limit_level',
    by: [],
  },
  {
    name: 'the next page of them',
    why: 'The same.',
    kind: 'select',
    table: 'limit_level',
    by: ['organization_id', 'key'],
  },
  {
    name: 'levels that have drained',
    why: 'At a start, those of all organizations.',
    kind: 'delete',
    table: 'limit_level',
    by: ['at_ms', 'level', 'maximum'],
  },
  {
    name: 'roles become assignments',
    why: 'A migration carries over what all organizations have.',
    text: 'insert into role_assignment (organization_id, ',
  },
]
