import { decisionTables } from '../operations/index.ts'
import { type Principal, principals } from './people.ts'

/*
 * Who may do what: every operation, for everybody. It stands beside the requests in
 * test/operations/; the columns are explained in people.ts.
 *
 *   +  200
 *   -  401, naming the permission that the caller's roles lack
 *   s  401, naming the scope that the caller's key lacks
 *   x  404: there is no such project, as far as the caller is told
 *   o  404: there is no such object in the caller's own organization
 */
export type Mark = '+' | '-' | 's' | 'x' | 'o'
export type Decision = { endpoint: string; marks: Map<Principal, Mark> }

const columns = Object.keys(principals) as Principal[]

/** One for each operation that the table names. */
export const decisions: Decision[] = (() => {
  const all: Decision[] = []
  let marks = new Map<Principal, Mark>()
  for (const line of decisionTables.join('\n').split('\n')) {
    const written = /^(?:[-+sxo] +){12}/.exec(line)?.[0]
    if (written) {
      const read = written.trim().split(/ +/) as Mark[]
      marks = new Map(columns.map((column, i) => [column, read[i] ?? '-']))
    }
    const names = line.slice(written?.length ?? 0).match(/\b\w+\.\w+\b(?![.\w])/g)
    if (written || line.startsWith(' '.repeat(30))) all.push(...(names ?? []).map((endpoint) => ({ endpoint, marks })))
  }
  return all
})()
