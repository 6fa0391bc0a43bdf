import type { KyselyPlugin, OperationNode, RootOperationNode } from 'kysely'
import { exceptions, type Statement } from './organization-exceptions.ts'
import { tablesOfOrganizations } from './tables.ts'

const isOurs = (table: string) => tablesOfOrganizations.includes(table)

/**
 * Throws at any statement that touches an organization's things and does not say whose: every table with an
 * `organization_id` is filtered by it, or tied by it to one that is; what is inserted names it. Subqueries, unions and both
 * sides of a join count each for itself, and text that names such a table cannot be judged, so it is refused. What was
 * thrown at is kept too, because somebody may catch it.
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
      return [...objectionsToText(node), ...objectionsWithin(node, around)]
  }
  return objectionsWithin(node, around)
}

const objectionsWithin = (node: Node, around: Sources): string[] =>
  childrenOf(node).flatMap((child) => objectionsTo(child, around))

function childrenOf(node: Node): Node[] {
  const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'kind' in value
  return Object.values(node).flat().filter(isNode)
}

function objectionsToInsert({ into, columns = [] }: Node): string[] {
  const table = nameOf(into)
  const named = columns.some((column: Node) => column.column.name === 'organization_id')
  return isOurs(table) && !named ? [`insert into ${table}`] : []
}

function objectionsToText({ sqlFragments }: Node): string[] {
  const text = sqlFragments.join('?').replace(/\s+/g, ' ').trim()
  const named = text.matchAll(/\b(?:from|join|into|update) +"?(\w+)/gi)
  const made = [...text.matchAll(/\bwith (\w+) as\b/gi)].map(([, name]) => name)
  const table = [...named].map(([, name = '']) => name).find((name) => isOurs(name) && !made.includes(name))
  const allowed = exceptions.some((one) => 'text' in one && text.startsWith(one.text))
  return table === undefined || allowed ? [] : [`text about ${table}: ${text.slice(0, 80)}`]
}

function objectionsToStatement(node: Node, around: Sources): string[] {
  const own = sourcesOf(node)
  const known = new Map([...around, ...own])
  const filters = conditionsOf(node.where?.where)
  const kind = node.kind.slice(0, 6).toLowerCase() as Statement['kind']
  const found = [...own].map(([name, source]) => {
    const by = filters.flatMap((filter) => columnsOf(filter, name, own.size === 1))
    // What else there is of it may be tied to a row that is found without.
    source.filtered = isException({ kind, table: source.table, by })
    return { source, text: `${kind} ${source.table} by (${by.join(', ')})` }
  })
  bind(known, own, [...filters, ...(node.joins ?? []).flatMap((join: Node) => conditionsOf(join.on?.on))])
  const objections = found.filter(({ source }) => isOurs(source.table) && !source.filtered).map(({ text }) => text)
  return [...objections, ...objectionsWithin(node, known)]
}

const isException = ({ kind, table, by }: Statement) =>
  exceptions.some((one) => 'kind' in one && one.kind === kind && one.table === table && one.by.join() === by.join())

function sourcesOf({ from, table, joins = [], using }: Node): Map<string, Source> {
  const written: Node[] = [
    ...(from?.froms ?? []),
    ...(table ? [table].flatMap((one: Node) => one.items ?? [one]) : []),
    ...(using?.tables ?? []),
    ...joins.map((join: Node) => join.table),
  ]
  return new Map(
    written.flatMap((one): [string, Source][] => {
      const named = one.kind === 'AliasNode' ? one.node : one
      if (named.kind !== 'TableNode') return []
      const name = one.kind === 'AliasNode' ? one.alias.name : nameOf(named)
      return [[name, { table: nameOf(named), filtered: false }]]
    }),
  )
}

const nameOf = (table: Node | undefined): string => table?.table?.identifier?.name ?? ''

/** What must hold all together: a condition in an `or` filters nothing. */
function conditionsOf(node: Node | undefined): Node[] {
  if (node === undefined) return []
  if (node.kind === 'AndNode') return [...conditionsOf(node.left), ...conditionsOf(node.right)]
  if (node.kind === 'ParensNode') return conditionsOf(node.node)
  return node.kind === 'BinaryOperationNode' ? [node] : []
}

/** Marks what is filtered: by a value, or by being the same organization as something that is. */
function bind(known: Map<string, Source>, own: Map<string, Source>, conditions: Node[]) {
  const equal = conditions
    .filter(({ operator }) => operator.operator === '=')
    .map(({ leftOperand, rightOperand }) => [leftOperand, rightOperand].map((one) => sideOf(one, known, own)))
  // Each round can tie one more to the last.
  for (const _ of own) {
    for (const [left, right] of equal) {
      if (left === undefined || right === undefined) continue
      if (right === 'value' || right?.filtered) mark(left)
      if (left === 'value' || left?.filtered) mark(right)
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

function mark(side: Side) {
  if (side !== null && side !== 'value') side.filtered = true
}

/** The columns of a source that a condition compares. */
function columnsOf({ leftOperand, rightOperand }: Node, name: string, alone: boolean): string[] {
  return [leftOperand, rightOperand].flatMap((one: Node) => {
    if (one.kind === 'TupleNode') return one.values.flatMap((item: Node) => item.column?.column?.name ?? [])
    const mine = one.kind === 'ReferenceNode' && (one.table ? nameOf(one.table) === name : alone)
    return mine ? [one.column.column.name] : []
  })
}
