import { type KyselyPlugin, PostgresQueryCompiler, type RootOperationNode, SqliteQueryCompiler } from 'kysely'
import type { DatabaseKind } from './databases.ts'

/** A statement as a database was given it. */
export type Recorded = { sql: string; parameters: readonly unknown[] }

/** Keeps each statement that it is shown, by its text, with the values that it came with last. */
export class Recorder implements KyselyPlugin {
  readonly statements = new Map<string, Recorded>()
  readonly #compiler: PostgresQueryCompiler | SqliteQueryCompiler

  constructor(kind: DatabaseKind) {
    this.#compiler = kind === 'sqlite' ? new SqliteQueryCompiler() : new PostgresQueryCompiler()
  }

  transformQuery({ node, queryId }: Parameters<KyselyPlugin['transformQuery']>[0]): RootOperationNode {
    const { sql, parameters } = this.#compiler.compileQuery(node, queryId)
    this.statements.set(sql, { sql, parameters })
    return node
  }

  transformResult: KyselyPlugin['transformResult'] = async ({ result }) => result
}
