import { type KyselyPlugin, PostgresQueryCompiler, type RootOperationNode, SqliteQueryCompiler } from 'kysely'
import type { DatabaseKind } from './databases.ts'

/** A statement as a database was given it, and how often. */
export type Recorded = { sql: string; parameters: readonly unknown[]; times: number }

/** Keeps each statement that it is shown, by its text, with the values that it came with last. */
export class Recorder implements KyselyPlugin {
  readonly statements = new Map<string, Recorded>()
  readonly #compiler: PostgresQueryCompiler | SqliteQueryCompiler

  constructor(kind: DatabaseKind) {
    this.#compiler = kind === 'sqlite' ? new SqliteQueryCompiler() : new PostgresQueryCompiler()
  }

  transformQuery({ node, queryId }: Parameters<KyselyPlugin['transformQuery']>[0]): RootOperationNode {
    const { sql, parameters } = this.#compiler.compileQuery(node, queryId)
    const times = (this.statements.get(sql)?.times ?? 0) + 1
    this.statements.set(sql, { sql, parameters, times })
    return node
  }

  /** How often statements were run whose text has this. */
  times(text: string): number {
    const counted = [...this.statements.values()].filter(({ sql }) => sql.includes(text))
    return counted.reduce((sum, { times }) => sum + times, 0)
  }

  transformResult: KyselyPlugin['transformResult'] = async ({ result }) => result
}
