import {
  createQueryId,
  type KyselyPlugin,
  type OperationNode,
  type RootOperationNode,
  SqliteQueryCompiler,
} from 'kysely'
import { exceptions } from './organization-exceptions.ts'
import { tablesOfOrganizations } from './tables.ts'

const isOurs = (table: string) => tablesOfOrganizations.includes(table)
const isException = (statement: string) => exceptions.some((one) => one.statement === statement)

/**
 * Throws at any statement that touches an organization's things and does not say whose: every table with an
 * `organization_id` is filtered by it, or tied by it to one that is; what is inserted names it. Subqueries, unions and both
 * sides of a join count each for itself. Text cannot be judged, so one that can name a table
 * and has the name of such a table anywhere is refused. What was thrown at is kept too, because somebody may catch it.
 */
export class OrganizationFilter implements KyselyPlugin {
  readonly objections: string[] = []

  transformQuery({ node }: { node: RootOperationNode }): RootOperationNode {
    const found = objectionsTo(node, new Map())
    this.objections.push(...found)
    if (found.length > 0) throw new Error(`a statement without the organization: ${found.join('; ')}`)
    return node
  }

  async transformResult<R>({ result }: { result: R }): Promise<R> {
    return result
  }
}

/** The names that a statement knows its tables by. */
type Source = { table: string; filtered: boolean }
type Sources = ReadonlyMap<string, Source>

// The nodes are read as what they are, plain trees: only some of their types are exported by name.
// biome-ignore lint/suspicious/noExplicitAny: a node of any kind
type Node = OperationNode & Record<string, any>

function objectionsTo(node: Node, around: Sources): string[] {
  switch (node.kind) {
    case 'SelectQueryNode':
    case 'UpdateQueryNode':
    case 'DeleteQueryNode':
      return objectionsToStatement(node, around)
    case 'InsertQueryNode':
      return [...objectionsToInsert(node), ...objectionsWithin(node, around)]
    case 'RawNode':
      return [...objectionsToText(textOf(node)), ...objectionsWithin(node, around)]
    case 'MergeQueryNode':
      return ['a merge, which nobody has taught this to judge']
  }
  return objectionsWithin(node, around)
}

function objectionsWithin(node: Node, around: Sources): string[] {
  const found: string[] = []
  for (const child of childrenOf(node)) found.push(...objectionsTo(child, around))
  return found
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'kind' in value

/** Of every node of every statement of the tests: so nothing is made on the way. */
function childrenOf(node: Node): Node[] {
  const children: Node[] = []
  for (const name in node) {
    const value = node[name]
    if (Array.isArray(value)) for (const one of value) isNode(one) && children.push(one)
    else if (isNode(value)) children.push(value)
  }
  return children
}

function objectionsToInsert({ into, columns = [] }: Node): string[] {
  const table = nameOf(into)
  const named = columns.some((column: Node) => column.column.name === 'organization_id')
  return isOurs(table) && !named ? [`insert into ${table}`] : []
}

/** Behind one of these words a text names its tables; what has none of them is about columns, some of which are called like a table. */
const NAMES_TABLES = /\b(from|join|into|update|using|table|truncate)\b/i

/** What rows are packed into, and in which order: columns, whatever those are called. */
const PACKED = /\b(json_(build_)?array|over )\([\w, ."]*\)/g

function objectionsToText(text: string): string[] {
  const table = text
    .replace(PACKED, '')
    .match(/\w+/g)
    ?.find((word) => isOurs(word.toLowerCase()))
  const isAllowed = table === undefined || !NAMES_TABLES.test(text) || isException(text)
  return isAllowed ? [] : [`text about ${table}: ${text.slice(0, 80)}`]
}

/** A text with all that is put into it; a whole statement in it is judged for itself. */
function textOf(node: Node): string {
  if (node.kind === 'IdentifierNode') return node.name
  if (node.kind === 'ValueNode' || node.kind.endsWith('QueryNode')) return '?'
  if (node.kind !== 'RawNode') return childrenOf(node).map(textOf).join('.')
  const [first, ...rest]: string[] = node.sqlFragments
  const parts = rest.map((fragment, i) => textOf(node.parameters[i]) + fragment)
  return [first, ...parts].join('').replace(/\s+/g, ' ').trim()
}

function objectionsToStatement(node: Node, around: Sources): string[] {
  const written = writtenSources(node)
  const own = named(written)
  const known = new Map([...around, ...own])
  const conditions = [
    ...conditionsOf(node.where?.where).map((condition) => ({ condition, filters: [...own.values()] })),
    ...(node.joins ?? []).flatMap((join: Node) =>
      conditionsOf(join.on?.on).map((condition) => ({ condition, filters: filteredBy(join, own) })),
    ),
  ]
  bind(known, own, conditions)
  const objections: string[] = []
  // Few are: only of those the text is needed.
  if ([...own.values()].some(({ filtered }) => !filtered)) {
    const statement = findingOf(node)
    const [found] = own.values()
    if (found && isException(statement)) {
      found.filtered = true
      // What else there is of it may be tied to a row that is found without.
      bind(known, own, conditions)
    }
    for (const { table, filtered } of own.values())
      if (isOurs(table) && !filtered) objections.push(`${table}: ${statement}`)
  }
  const texts = written
    .map(withoutName)
    .filter(({ kind }) => kind === 'RawNode')
    .flatMap((text) => objectionsToText(`from ${textOf(text)}`))
  return [...objections, ...texts, ...objectionsWithin(node, known)]
}

const compiler = new SqliteQueryCompiler()

/**
 * How a statement finds its rows, as text: without what it takes of them, what it makes of them and what it joins with them. A
 * list of values is one, however long it is.
 */
function findingOf(node: Node): string {
  const { selections, joins, updates, returning, ...finding } = node
  const { sql } = compiler.compileQuery(finding as RootOperationNode, createQueryId())
  return sql.replaceAll('"', '').replace(/ in \(\?(, \?)*\)/g, ' in (?)')
}

/** Whose rows the condition of a join keeps out: of both sides, or only of what is joined where the other side stays without. */
function filteredBy(join: Node, own: Map<string, Source>): Source[] {
  if (join.joinType === 'InnerJoin') return [...own.values()]
  const joined = join.joinType === 'LeftJoin' ? own.get(namedAs(join.table)) : undefined
  return joined ? [joined] : []
}

function writtenSources({ from, table, joins = [], using }: Node): Node[] {
  return [
    ...(from?.froms ?? []),
    ...(table ? [table].flatMap((one: Node) => one.items ?? [one]) : []),
    ...(using?.tables ?? []),
    ...joins.map((join: Node) => join.table),
  ]
}

const withoutName = (source: Node): Node => (source.kind === 'AliasNode' ? source.node : source)

function named(written: Node[]): Map<string, Source> {
  const tables = written.filter((one) => withoutName(one).kind === 'TableNode')
  return new Map(tables.map((one) => [namedAs(one), { table: nameOf(withoutName(one)), filtered: false }]))
}

const namedAs = (source: Node): string => (source.kind === 'AliasNode' ? source.alias.name : nameOf(source))
const nameOf = (table: Node | undefined): string => table?.table?.identifier?.name ?? ''

/** What must hold all together: a condition in an `or` filters nothing. */
function conditionsOf(node: Node | undefined): Node[] {
  if (node === undefined) return []
  if (node.kind === 'AndNode') return [...conditionsOf(node.left), ...conditionsOf(node.right)]
  if (node.kind === 'ParensNode') return conditionsOf(node.node)
  return node.kind === 'BinaryOperationNode' ? [node] : []
}

/** A condition, and whose rows it keeps out where it does not hold. */
type Condition = { condition: Node; filters: readonly Source[] }

/** Marks what is filtered: by a value, or by being the same organization as something that is. */
function bind(known: Map<string, Source>, own: Map<string, Source>, conditions: Condition[]) {
  const equal = conditions
    .filter(({ condition }) => condition.operator.operator === '=')
    .map(({ condition, filters }) => {
      const { leftOperand, rightOperand } = condition
      return { sides: [leftOperand, rightOperand].map((one) => sideOf(one, known, own)), filters }
    })
  // Each round can tie one more to the last.
  for (const _ of own) {
    for (const { sides, filters } of equal) {
      const [left = null, right = null] = sides
      for (const [side, other] of [
        [left, right],
        [right, left],
      ] as const) {
        if (side === null || side === 'value' || !filters.includes(side)) continue
        side.filtered ||= other === 'value' || other?.filtered === true
      }
    }
  }
}

/** One side of an equation: the source whose organization it is, a value, or (null) something else. */
type Side = Source | 'value' | null

function sideOf(node: Node, known: Map<string, Source>, own: Map<string, Source>): Side {
  if (node.kind === 'ValueNode') return 'value'
  if (node.kind !== 'ReferenceNode') return null
  const [only] = own.size === 1 ? own.values() : []
  const source = node.table ? known.get(nameOf(node.table)) : only
  const column = source?.table === 'organization' ? 'id' : 'organization_id'
  return source !== undefined && node.column.column?.name === column ? source : null
}
