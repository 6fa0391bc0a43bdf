import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type pg from 'pg'
import type { Recorded } from '../support/recorder.ts'
import { knownTables } from '../support/tables.ts'

/** Tables that stay small whatever there is: by a bound (certificates: 50), or a row for each of few. */
const SMALL = ['certificate', 'meta', 'organization_policy', 'usage_writer', 'kysely_migration']
/** Indexes that find few rows by one of these: twenty alerts at most, a limit for each model, one row of settings. */
const FEW = /spend_alert_(organization|project) |autoindex_(rate_limit|project_policy)_/
const growing = knownTables.filter((table) => !SMALL.includes(table))

/** Of one statement no more is read than this: the largest page and one more, or what is counted of a filter of the log. */
const MOST = 1100

/** What is wrong with how a database goes about a statement; nothing, where it reads no more than it needs. */
export type Explain = (statement: Recorded) => Promise<string[]>

type Step = { id: number; parent: number; detail: string }

/** What somebody has much of: by these alone a list is read in its order to its limit, and nothing is looked for. */
const CROWD = ['organization_id', 'project_id', 'resource_id', 'group_id']

/** SQLite: by the steps of its plan. */
export function explainOnSqlite(db: DatabaseSync): Explain {
  return async ({ sql, parameters }) => {
    const steps = db.prepare(`explain query plan ${sql}`).all(...(parameters as SQLInputValue[])) as unknown as Step[]
    const selects = selectsOf(sql)
    return steps.flatMap(({ parent, detail }) => {
      const [, how = '', name = '', rest = ''] = /^(SCAN|SEARCH) (\w+)(.*)$/.exec(detail) ?? []
      const here = selects.filter((select) =>
        new RegExp(`(from|join|update) ("\\w+" as "${name}"|"${name}"(?! as))`).test(select),
      )
      const [, table = name] = new RegExp(`"(\\w+)" as "${name}"`).exec(sql) ?? []
      if (how === '' || !growing.includes(table) || FEW.test(rest)) return []
      const sorts = steps.some((one) => one.parent === parent && /^USE TEMP B-TREE FOR/.test(one.detail))
      const limited = !sorts && here.every((select) => / limit /i.test(select))
      // In the order of an index and without a condition, no more is read than the limit.
      if (how === 'SCAN') return limited && !here.some((select) => / where /i.test(select)) ? [] : [detail]
      const [, columns = ''] = /\((.*)\)/.exec(rest) ?? []
      const equal = columns
        .split(' AND ')
        .filter((one) => one.endsWith('=?'))
        .map((one) => one.slice(0, -2))
      const pinned = equal.filter((column) => column !== 'organization_id')
      const crowd = pinned.length < 2 && pinned.every((column) => CROWD.includes(column))
      // What is neither in the index nor what the index is of is looked at row by row: it may be nowhere.
      const covered = coveredBy(db, / INDEX (\w+)/.exec(rest)?.[1] ?? '')
      const unseen = here.map((select) => conditionsOf(select, name).filter((column) => !covered.includes(column)))
      if (crowd && here.length > 0 && unseen.every((columns) => columns.length > 0))
        return [`${detail}, then ${unseen.join()}`]
      const sorted = sorts && / INDEX audit_log_/.test(rest)
      return (crowd && !limited) || sorted ? [detail] : []
    })
  }
}

/** The columns of an index, and the words of what it is of. */
function coveredBy(db: DatabaseSync, index: string): string[] {
  const columns = db.prepare('select name from pragma_index_info(?)').all(index)
  const made = db.prepare('select sql from sqlite_master where name = ?').get(index)
  const [, of = ''] = /\bwhere\b(.*)$/.exec(String(made?.sql ?? '')) ?? []
  return [...columns.map(({ name }) => String(name)), ...(of.match(/\w+/g) ?? [])]
}

/**
 * The columns of a table that a select compares with something; what it works out first is not among them. Whose a row is is
 * no question where it is below something of theirs.
 */
const conditionsOf = (select: string, name: string) =>
  [...select.matchAll(/ (?:where|and) (?:"(\w+)"\.)?"(\w+)"/g)]
    .filter(([, of = name, column]) => of === name && column !== 'organization_id')
    .map(([, , column = '']) => column)

/** A statement and the selects within it, each without those within it. */
function selectsOf(sql: string): string[] {
  const found: string[] = []
  let rest = sql
  for (let before = ''; before !== rest; ) {
    before = rest
    rest = rest.replace(/\(([^()]*)\)/g, (_, inner: string) => {
      if (/^select /.test(inner)) found.push(...inner.split(' union '))
      return '?'
    })
  }
  return [...found, ...rest.split(/ union (?:all )?/)]
}

type Node = {
  'Node Type': string
  'Relation Name'?: string
  'Index Cond'?: string
  'Actual Rows'?: number
  'Actual Loops'?: number
  'Rows Removed by Filter'?: number
  Plans?: Node[]
}

/** PostgreSQL: by its plan, and by the rows that it read when it ran the statement, which is undone. */
export function explainOnPostgres(client: pg.Client): Explain {
  return async ({ sql, parameters }) => {
    // A row that is there is not inserted twice.
    const analyze = /^insert/.test(sql) ? '' : 'analyze, timing off, '
    await client.query('begin')
    try {
      const { rows } = await client.query(`explain (${analyze}format json) ${sql}`, [...parameters])
      return objectionsTo(rows[0]['QUERY PLAN'][0].Plan, sql)
    } finally {
      await client.query('rollback')
    }
  }
}

function objectionsTo(node: Node, sql: string): string[] {
  const {
    'Relation Name': table = '',
    'Node Type': type,
    'Index Cond': condition = '',
    'Actual Loops': loops = 1,
  } = node
  const read = ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * loops
  const what = `${type} of ${table} ${condition}: ${read} rows`
  const whole = type === 'Seq Scan' && loops > 0 && / where /.test(sql)
  const here = growing.includes(table) && (whole || read > MOST) ? [what] : []
  return [...here, ...(node.Plans ?? []).flatMap((below) => objectionsTo(below, sql))]
}
