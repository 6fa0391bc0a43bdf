import { Bounded } from '../core/bounded.ts'
import type { Log } from '../core/log.ts'
import { isOwnedId, type Kept, keyOf, type ListAsked, NEVER, type Owned, type OwnedKind } from '../core/owned.ts'
import { batches } from '../db/batches.ts'
import { endOwned, findOwned, insertOwned, listOwned } from '../db/owned.ts'
import type { Db, Row } from '../db/tables.ts'
import { type Asker, isTheirs } from './asker.ts'
import type { Beat, Writer } from './beat.ts'

/** Owners kept in memory, beyond those that are not written yet. */
const KEPT = 20_000
/** Most that wait to be written: beyond, nothing gets an owner, so that nobody can ask for it again. */
const MOST_WAITING = 50_000
const DAY = 86_400

/** Whose something is, and which upstream keeps it. */
export type Owner = Asker & { upstream: string }

/** Whose something is that was found, and what lists narrow it by. */
export type KnownOwner = Owner & { label: string | null }

/**
 * Whose all is that one reply shows. Where the reply names its response only later, that is set here meanwhile: what was
 * claimed before has it too, unless it is written by then.
 */
export type Origin = Owner & {
  responseId: string | null
  /** The same of the conversation that its items are in: they are kept by it, whatever becomes of the response. */
  conversationId: string | null
  /**
   * Whether it was made just now, so that nobody can have had its id before. What is shown again may have come in by its client,
   * with an id that is another's: it counts only where the database knows of nobody.
   */
  isNew: boolean
}

type Claim = Owned & { origin: Origin; expiresAt: number; madeAt: number | null }
/** Kinds whose claims lists show. */
const listed: ReadonlySet<OwnedKind> = new Set(['chat', 'container'])
type Ending = Owned & Pick<Owner, 'organizationId'>

export type OwnersParts = {
  /** Where a request waits for the answer: the main database. */
  read: Db
  /** The gate's own. */
  write: Db
  beat: Pick<Beat, 'wake'>
  log: Pick<Log, 'error'>
  /** Milliseconds since the epoch. */
  now: () => number
  /** How many days something is its owner's. */
  days: number
}

/**
 * Whose the things are that model servers keep: only the project that made one may ask for it or refer to it. A claim holds on
 * this node at once, and on others when it is written, half a second later, for which their gates wait; the end of one likewise, but on
 * a node that remembers it as its project's: that one asks the model server, which says that it is gone. The first claim of an id is the one that
 * counts.
 */
export class Owners implements Writer {
  readonly what = 'owners of responses'
  readonly kept = true
  readonly #parts: OwnersParts
  /** Not in the database yet. */
  readonly #claims = new Map<string, Claim>()
  readonly #endings = new Map<string, Ending>()
  /** For each read that is under way all that ended before its answer, which may not know of it. */
  readonly #reading = new Set<Map<string, Ending>>()
  /** The latest ones that are. */
  readonly #known = new Bounded<string, Row<'owned'>>(KEPT)
  #told = false
  #lastMoment = 0

  constructor(parts: OwnersParts) {
    this.#parts = parts
  }

  get waiting(): boolean {
    return this.#claims.size > 0 || this.#endings.size > 0
  }

  /** Makes something its creator's. Never throws and never waits. @returns whether it was nobody's, as far as is known here */
  claim({ kind, id }: Owned, origin: Origin): boolean {
    const key = keyOf({ kind, id })
    if (!isOwnedId(id) || this.#claims.has(key) || this.#known.has(key)) return false
    if (this.#claims.size >= MOST_WAITING) {
      this.#lose('responses get no owner, so nobody can ask for them again')
      return false
    }
    const expiresAt = this.#now() + this.#parts.days * DAY
    this.#claims.set(key, { kind, id, origin, expiresAt, madeAt: listed.has(kind) ? this.#moment() : null })
    this.#parts.beat.wake()
    return true
  }

  /** A response is gone, and with it the items that came with it: they are nobody's any more. Never throws and never waits. */
  end({ kind, id }: Owned, { organizationId }: Pick<Owner, 'organizationId'>): void {
    if (this.#endings.size >= MOST_WAITING) {
      this.#lose("responses that were deleted stay their projects', whose model servers say that they are gone")
      return
    }
    for (const endings of [this.#endings, ...this.#reading])
      endings.set(keyOf({ kind, id }), { kind, id, organizationId })
    this.#parts.beat.wake()
  }

  /**
   * Whose these are: the asker's own from memory, and the rest with one read, also what memory knows to be another's, so that the time
   * it takes does not tell. Null for what nobody owns, and for what is over.
   * @param asker null: all is read
   */
  async find(wanted: readonly Owned[], asker: Asker | null): Promise<(KnownOwner | null)[]> {
    const here = wanted.map((one) => this.#certain(one))
    const near = here.map((row) => asker !== null && isTheirs(this.#ownerIn(row), asker))
    const far = wanted.filter((one, i) => !near[i] && isOwnedId(one.id))
    const read = new Map<string, Row<'owned'>>()
    for (const row of far.length === 0 ? [] : await this.#read(() => findOwned(this.#parts.read, far))) {
      read.set(keyOf(row), row)
      this.#known.set(keyOf(row), row)
    }
    // Memory is asked anew: a row that it had before the read may have been replaced by another read since, and only that one ended.
    const after = (one: Owned, i: number) =>
      this.#certain(one) ?? read.get(keyOf(one)) ?? this.#here(one) ?? (near[i] ? here[i] : undefined)
    return wanted.map((one, i) => this.#ownerIn(after(one, i)))
  }

  /**
   * Makes things their creator's, and answers when that is written: whoever hears of them then finds them on every node, whatever becomes of
   * this one. What is the project's already stays so.
   * @returns those that are somebody else's, or were and have ended: of an id that a model server gives twice, the first is the one that counts
   * @throws what the database does
   */
  async keep(kept: readonly Kept[], { organizationId, projectId, upstream }: Owner): Promise<Owned[]> {
    const strange = kept.filter(({ id }) => !isOwnedId(id))
    const rows = kept
      .filter(({ id }) => isOwnedId(id))
      .map(
        ({ kind, id, label, expiresAt }): Row<'owned'> => ({
          ...{ kind, id, organization_id: organizationId, project_id: projectId, upstream, response_id: null, label },
          expires_at: expiresAt ?? NEVER,
          made_at: this.#moment(),
        }),
      )
    const written = await this.#written(rows)
    const rest = rows.filter((row) => !written.has(row))
    const owners = rest.length === 0 ? [] : await this.find(rest, null)
    // What another upstream has called so before is another thing, also where it is the same project's.
    const isTheSame = (owner: Owner | null | undefined) =>
      owner?.upstream === upstream && isTheirs(owner, { organizationId, projectId })
    return [...strange, ...rest.filter((_, i) => !isTheSame(owners[i]))]
  }

  /**
   * A project's own of one kind, as lists show them, each with the upstream that keeps it. One may be missing that another node has ended less than a
   * second ago, and be shown.
   * @returns null where what it is to go on after, or until, is none of the project's
   * @throws what the database does
   */
  async list(asker: Asker, asked: ListAsked): Promise<{ id: string; upstream: string }[] | null> {
    const { limit } = asked
    // What this node has told of is listed by it at once.
    if (listed.has(asked.kind)) await this.#writeClaims()
    const found: { id: string; upstream: string }[] = []
    for (let { after } = asked; ; ) {
      const page = { ...asked, after, limit: limit - found.length }
      const now = this.#now()
      const rows = await this.#read(() => listOwned(this.#parts.read, asker, page, now))
      if (rows === null) return null
      for (const row of rows) if (row.expires_at > now) found.push({ id: row.id, upstream: row.upstream })
      // In the place of those that have ended, and are not written yet, come the next.
      if (found.length === limit || rows.length === 0) return found
      after = rows.at(-1)?.id ?? after
    }
  }

  /** Writes what waits. @throws what the database does; the rest then waits on */
  async write(): Promise<void> {
    await this.#writeClaims()
    await this.#end(new Map(this.#endings))
    this.#told = false
  }

  /** What the database answers of rows, with those ended that ended meanwhile: it may not know of that. */
  async #read<T extends Row<'owned'>[] | null>(from: () => Promise<T>): Promise<T> {
    const endings = new Map(this.#endings)
    this.#reading.add(endings)
    try {
      const rows = await from()
      const now = this.#now()
      for (const row of rows ?? []) if (isEnded(row, endings)) row.expires_at = Math.min(row.expires_at, now)
      return rows
    } finally {
      this.#reading.delete(endings)
    }
  }

  async #writeClaims(): Promise<void> {
    for (const claims of batches([...this.#claims.values()])) await this.#insert(claims)
  }

  /** What the database cannot know better. */
  #certain(one: Owned): Row<'owned'> | undefined {
    return this.#claims.get(keyOf(one))?.origin.isNew === false ? undefined : this.#here(one)
  }

  #here(one: Owned): Row<'owned'> | undefined {
    const claim = this.#claims.get(keyOf(one))
    return claim ? rowOf(claim) : this.#known.get(keyOf(one))
  }

  #ownerIn(row: Row<'owned'> | undefined): KnownOwner | null {
    if (!row || row.expires_at <= this.#now() || isEnded(row, this.#endings)) return null
    const { organization_id: organizationId, project_id: projectId, upstream, label } = row
    return { organizationId, projectId, upstream, label }
  }

  async #insert(claims: Claim[]): Promise<void> {
    const rows = claims.map(rowOf)
    // In one order, so that two nodes with the same ids cannot deadlock.
    rows.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    await this.#written(rows)
    // Of what was not written somebody was earlier, or an attempt of ours whose end we did not hear: the database knows.
    for (const row of rows) this.#claims.delete(keyOf(row))
  }

  /** Writes what is nobody's yet, and remembers it. @returns that */
  async #written(rows: readonly Row<'owned'>[]): Promise<ReadonlySet<Row<'owned'>>> {
    const ours = await this.#read(async () => {
      const written = new Set((await insertOwned(this.#parts.write, rows)).map(keyOf))
      return rows.filter((row) => written.has(keyOf(row)))
    })
    for (const row of ours) this.#known.set(keyOf(row), row)
    return new Set(ours)
  }

  async #end(endings: ReadonlyMap<string, Ending>): Promise<void> {
    if (endings.size === 0) return
    const now = this.#now()
    for (const ending of endings.values()) await endOwned(this.#parts.write, ending, now, this.#parts.days * DAY)
    for (const row of this.#known.values()) if (isEnded(row, endings)) row.expires_at = now
    for (const key of endings.keys()) this.#endings.delete(key)
  }

  /** Milliseconds, and no two the same: what is made in one of them has an order too. */
  #moment(): number {
    this.#lastMoment = Math.max(this.#parts.now(), this.#lastMoment + 1)
    return this.#lastMoment
  }

  #now = () => Math.floor(this.#parts.now() / 1000)

  /** @param what is lost until there is room again */
  #lose(what: string) {
    if (this.#told) return
    this.#told = true
    const fields = { waiting: this.#claims.size + this.#endings.size }
    this.#parts.log.error(fields, `${what}: too many wait to be written`)
  }
}

const rowOf = ({ kind, id, origin, expiresAt, madeAt }: Claim): Row<'owned'> => ({
  kind,
  id,
  organization_id: origin.organizationId,
  project_id: origin.projectId,
  upstream: origin.upstream,
  response_id: kind === 'response' ? null : (origin.conversationId ?? origin.responseId),
  expires_at: kind === 'item' && origin.conversationId !== null ? NEVER : expiresAt,
  made_at: madeAt,
  label: null,
})

/** Whether something is over by itself, or with the response that it came with. */
const isEnded = (row: Row<'owned'>, endings: ReadonlyMap<string, Ending>) =>
  endings.size > 0 &&
  (endings.has(keyOf(row)) ||
    (row.response_id !== null && endings.has(keyOf({ kind: 'response', id: row.response_id }))))
