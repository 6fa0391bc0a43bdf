import { ApiError } from '../../../contract/error.ts'
import type { OpenBatch } from '../../../db/batch.ts'
import { Pause } from './pause.ts'
import { BatchRun, type Begun, type Running } from './run-batch.ts'

/** Lines that run at once: of one model, of one project, and of all; and batches of a project and model that they are of. */
const LINES_OF_MODEL = 8
const LINES_OF_PROJECT = 16
const LINES = 32
const BATCHES = 4
/** Batches whose results are kept at once. */
const ENDS = 4
/** Milliseconds until it is looked for room in limits again, for a model server that is away, and for what else has failed: from the first time to the longest. */
const ROOM_MS = [250, 2000] as const
const AWAY_MS = [500, 30_000] as const
const FAILED_MS = [1000, 60_000] as const
const DISK_MS = [1000, 30_000] as const

/** The batches of a project and a model: they wait for the same limits, and are worked on in turn. */
type Lane = { project: string; model: string; room: Pause; runs: Set<Entry> }
type Model = { away: Pause; lines: number }
/** A batch with what it waits for by itself. */
type Entry = { run: BatchRun; lane: Lane; failed: Pause }

/**
 * Has the lines of all batches that are open take turns. A line is begun where one may run: where its model, its project and all have a place, and nothing
 * that it needs was refused a moment ago. So a batch that cannot go on takes no place, is not read, and holds nobody up.
 */
export class Turns {
  readonly #running: Running
  readonly #ended: (row: OpenBatch) => void
  readonly #entries = new Map<string, Entry>()
  /** Whoever was served last stands last. */
  readonly #lanes = new Map<string, Lane>()
  readonly #models = new Map<string, Model>()
  readonly #disk = new Pause(...DISK_MS)
  readonly #under = new Set<Promise<void>>()
  /** Those of which nothing is left but the end; and those that are being ended. */
  readonly #done = new Set<Entry>()
  readonly #ending = new Set<Entry>()
  readonly #linesOfProjects = new Map<string, number>()
  #lines = 0
  /** Told when something is over. */
  #changed = Promise.withResolvers<void>()

  /** @param ended told of each that has come to its end here */
  constructor(running: Running, ended: (row: OpenBatch) => void) {
    this.#running = running
    this.#ended = ended
  }

  get areOver(): boolean {
    return this.#entries.size === 0 && this.#under.size === 0
  }

  /** Resolves when something has come to its end. */
  get changed(): Promise<void> {
    return this.#changed.promise
  }

  /** Waits for what is on its way here, and leaves it all. */
  async over(): Promise<void> {
    while (this.#under.size > 0) await Promise.all(this.#under)
    await Promise.all([...this.runs()].map((run) => run.leave()))
  }

  *runs(): Generator<BatchRun, void, void> {
    for (const { run } of this.#entries.values()) yield run
  }

  has(id: string): boolean {
    return this.#entries.has(id)
  }

  /** Takes one up that is open, as it stands now. */
  heard(row: OpenBatch): void {
    const entry = this.#entries.get(row.id) ?? this.#add(row)
    entry.run.heard(row)
    if (entry.run.isDone) this.#done.add(entry)
  }

  /** Leaves one that is not open any more. */
  drop(id: string): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    this.#track(entry.run.leave())
    const { lane } = entry
    this.#entries.delete(id)
    this.#done.delete(entry)
    lane.runs.delete(entry)
    if (lane.runs.size === 0) this.#lanes.delete(keyOf(lane.project, lane.model))
  }

  /** Whether something could not be kept a moment ago. */
  get isFull(): boolean {
    return !this.#disk.isOpen(performance.now())
  }

  /** There is room again. */
  hasRoom(): void {
    this.#disk.end()
  }

  /** Begins what can be begun. */
  begin(): void {
    const now = performance.now()
    while (!this.#running.signal.aborted && (this.#beginLine(now) || this.#beginEnd(now))) {}
  }

  #add(row: OpenBatch): Entry {
    const [project, model] = [row.project_id, row.model ?? '']
    const key = keyOf(project, model)
    const lane = this.#lanes.get(key) ?? { project, model, room: new Pause(...ROOM_MS), runs: new Set() }
    this.#lanes.set(key, lane)
    const run = new BatchRun(this.#running, row)
    const entry = { run, lane, failed: new Pause(...FAILED_MS) }
    lane.runs.add(entry)
    this.#entries.set(row.id, entry)
    return entry
  }

  #modelOf(name: string): Model {
    const model = this.#models.get(name) ?? { away: new Pause(...AWAY_MS), lines: 0 }
    this.#models.set(name, model)
    return model
  }

  #beginLine(now: number): boolean {
    if (this.#lines >= LINES || !this.#disk.isOpen(now)) return false
    let [next, fewest]: [Entry | null, number] = [null, LINES_OF_PROJECT]
    for (const lane of this.#lanes.values()) {
      const lines = this.#linesOfProjects.get(lane.project) ?? 0
      const { away, lines: ofModel } = this.#modelOf(lane.model)
      if (lines >= fewest || ofModel >= LINES_OF_MODEL || !lane.room.isOpen(now) || !away.isOpen(now)) continue
      const found = nextOf(lane, now)
      if (found !== null) [next, fewest] = [found, lines]
    }
    if (next === null) return false
    const { lane } = next
    const key = keyOf(lane.project, lane.model)
    this.#lanes.delete(key)
    this.#lanes.set(key, lane)
    this.#track(this.#line(next))
    return true
  }

  #count(project: string, model: Model, by: 1 | -1): void {
    const lines = (this.#linesOfProjects.get(project) ?? 0) + by
    if (lines === 0) this.#linesOfProjects.delete(project)
    else this.#linesOfProjects.set(project, lines)
    model.lines += by
    this.#lines += by
  }

  async #line(entry: Entry): Promise<void> {
    const { run, lane, failed } = entry
    const model = this.#modelOf(lane.model)
    const [room, away, own, disk] = [lane.room.enter(), model.away.enter(), failed.enter(), this.#disk.enter()]
    this.#count(lane.project, model, 1)
    const told = (begun: Begun) => {
      const now = performance.now()
      failed.passed(own)
      this.#disk.passed(disk)
      if (begun === 'nothing') {
        lane.room.left(room)
        model.away.left(away)
        return
      }
      if (begun === 'room') {
        lane.room.refused(room, now)
        model.away.left(away)
        return
      }
      lane.room.passed(room)
      if (begun === 'away') model.away.refused(away, now)
      else model.away.passed(away)
    }
    try {
      told(await run.begin(() => this.#disk.refused(disk, performance.now())))
    } catch (err) {
      lane.room.left(room)
      model.away.left(away)
      this.#failed(run, failed, err, { own, disk })
    } finally {
      this.#count(lane.project, model, -1)
      if (run.isDone && this.#entries.has(run.row.id)) this.#done.add(entry)
    }
  }

  #beginEnd(now: number): boolean {
    if (this.#ending.size >= ENDS) return false
    for (const entry of this.#done) {
      const { run, failed } = entry
      if (this.#ending.has(entry) || !failed.isOpen(now)) continue
      if (!this.#disk.isOpen(now) && !run.isGivenUp) continue
      this.#ending.add(entry)
      this.#track(this.#end(entry))
      return true
    }
    return false
  }

  async #end(entry: Entry): Promise<void> {
    const { run, failed } = entry
    const [own, disk] = [failed.enter(), this.#disk.enter()]
    try {
      await run.conclude()
      this.#disk.passed(disk)
      this.#ended(run.row)
      this.drop(run.row.id)
    } catch (err) {
      this.#failed(run, failed, err, { own, disk })
    } finally {
      this.#ending.delete(entry)
    }
  }

  #failed(run: BatchRun, failed: Pause, err: unknown, { own, disk }: { own: number; disk: number }): void {
    const now = performance.now()
    const isDisk = err instanceof ApiError && err.failure === 'insufficient_storage'
    if (isDisk) this.#disk.refused(disk, now)
    else this.#disk.left(disk)
    if (isDisk) failed.left(own)
    else failed.refused(own, now)
    const { gate, signal } = this.#running
    if (signal.aborted || !this.#entries.has(run.row.id)) return
    gate.log.warn({ err, batch: run.row.id }, 'a batch could not be run on; it is gone on with later')
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => {
      this.#under.delete(tracked)
      this.#changed.resolve()
      this.#changed = Promise.withResolvers()
    })
    this.#under.add(tracked)
  }
}

const keyOf = (project: string, model: string) => `${project} ${model}`

/** Of the first that can go on the one with the fewest lines on their way. */
function nextOf({ runs }: Lane, now: number): Entry | null {
  let [next, seen]: [Entry | null, number] = [null, 0]
  for (const entry of runs) {
    const { run, failed } = entry
    const isAble = run.mayBegin(now) && failed.isOpen(now)
    if (!isAble && run.underWay === 0) continue
    if (isAble && (next === null || run.underWay < next.run.underWay)) next = entry
    if (++seen >= BATCHES) break
  }
  return next
}
