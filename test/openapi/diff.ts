import { type Document, type Field, fieldsOf, jsonOf, type Operation } from './normal.ts'

/** Every operation of a document, by method and path. */
export function operationsIn(document: Document): Map<string, Operation> {
  const methods = ['get', 'post', 'put', 'patch', 'delete']
  return new Map(
    Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([method]) => methods.includes(method))
        .map(([method, operation]): [string, Operation] => [`${method.toUpperCase()} ${path}`, operation]),
    ),
  )
}

/**
 * In what our document differs from the published one, a line each. An operation that only they have is not built yet, which
 * another test says.
 */
export function differences(ours: Document, theirs: Document): string[] {
  const published = operationsIn(theirs)
  return [...operationsIn(ours)].flatMap(([name, mine]) => {
    const other = published.get(name)
    // Why an extension is here stands in its declaration.
    if (!other) return mine['x-extension'] ? [] : [`${name}: only here`]
    return [
      ...compare(`${name} path`, parameters(ours, mine, 'path'), parameters(theirs, other, 'path')),
      ...compare(`${name} query`, parameters(ours, mine, 'query'), parameters(theirs, other, 'query')),
      ...compare(`${name} body`, body(ours, mine), body(theirs, other)),
      ...compare(`${name} reply`, reply(ours, mine), reply(theirs, other, objectsIn(reply(ours, mine)))),
    ]
  })
}

type Fields = Map<string, Field>

/** The published description writes some lists as `x[]` and some as `x`; both are read, so they are the same name. */
function parameters(document: Document, operation: Operation, where: string): Fields {
  const wanted = (operation.parameters ?? []).filter(
    (parameter) => parameter.in === where && parameter.schema['x-extension'] === undefined,
  )
  return new Map(
    wanted.flatMap(({ name, required = false, schema }) =>
      [...fieldsOf(document, schema)].map(([path, field]): [string, Field] => [
        name.replace(/\[\]$/, '') + path,
        path === '' ? { ...field, required } : field,
      ]),
    ),
  )
}

function body(document: Document, { requestBody }: Operation): Fields {
  const fields = fieldsOf(document, jsonOf(requestBody))
  const whole = fields.get('')
  // That a body must be there is said by what is required in it.
  if (whole) fields.set('', { ...whole, required: true })
  return fields
}

const reply = (document: Document, operation: Operation, objects?: ReadonlySet<string>) =>
  fieldsOf(document, jsonOf(operation.responses['200']), objects)

/** The published description has one reply for all usage reports: what counts is the result of the report at hand. */
const objectsIn = (fields: Fields) =>
  new Set([...fields].flatMap(([path, { values }]) => (/\.object$/.test(path) ? values : [])))

function compare(where: string, ours: Fields, theirs: Fields): string[] {
  const paths = [...new Set([...ours.keys(), ...theirs.keys()])]
  return paths.flatMap((path) => {
    const at = path === '' ? where : `${where} ${path}`
    const [mine, other] = [ours.get(path), theirs.get(path)]
    // Where a whole object is missing on one side, its fields need no mention.
    if (parents(path).some((parent) => paths.includes(parent) && ours.has(parent) !== theirs.has(parent))) return []
    if (!mine || !other) return [`${at}: only ${mine ? 'here' : 'there'}`]
    return [...fieldDifferences(mine, other)].map((what) => `${at}: ${what}`)
  })
}

/** `data[].owner.id` is below `data[].owner`, `data[]` and `data`. */
function parents(path: string): string[] {
  const cut = path.replace(/(\.[^.[]+|\[\])$/, '')
  return cut === path ? [] : [cut, ...parents(cut)]
}

function* fieldDifferences(ours: Field, theirs: Field): Generator<string> {
  if (ours.types !== theirs.types) yield `${ours.types || 'anything'} here, ${theirs.types || 'anything'} there`
  if (ours.required !== theirs.required) yield ours.required ? 'required here only' : 'required there only'
  if (ours.nullable !== theirs.nullable) yield ours.nullable ? 'nullable here only' : 'nullable there only'
  yield* valueDifferences(ours.values, theirs.values)
  for (const limit of ['minimum', 'maximum'] as const) {
    if (ours[limit] !== theirs[limit]) yield `${limit} ${ours[limit] ?? 'none'} here, ${theirs[limit] ?? 'none'} there`
  }
}

function* valueDifferences(ours: string[], theirs: string[]): Generator<string> {
  if (ours.length > 0 && theirs.length === 0) return yield `only ${ours.join(', ')} here, any there`
  if (ours.length === 0 && theirs.length > 0) return yield `any here, only ${theirs.join(', ')} there`
  const [more, less] = [ours.filter((v) => !theirs.includes(v)), theirs.filter((v) => !ours.includes(v))]
  if (more.length > 0) yield `${more.join(', ')} here only`
  if (less.length > 0) yield `${less.join(', ')} there only`
}
