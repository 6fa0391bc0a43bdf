import { readdir, readFile } from 'node:fs/promises'

/** How a file can be sent: as it is, or as the build compressed it. */
const codings = { br: '.br', gzip: '.gz', identity: '' } as const
export type Coding = keyof typeof codings

/** A file as it is sent. */
export type Sent = { body: Buffer; coding: Coding }

/**
 * The files of the build, each read when it is first asked for and kept from then on: they are few and their names say what is in them.
 * What is not in the build's own list is not there, so no path leads out of it.
 * @param folder of the build, with a slash at its end
 */
export class Files {
  readonly #folder: URL
  #names: Promise<ReadonlySet<string>> | null = null
  readonly #read = new Map<string, Promise<Buffer>>()

  constructor(folder: URL) {
    this.#folder = folder
  }

  /**
   * A file, compressed where the client takes it and the build has it so.
   * @param name below the folder: `assets/index-x1y2.js`
   * @param accepted what the client says it takes (`accept-encoding`)
   * @returns null where there is none
   * @throws what the system says, where it cannot be read; it is tried again by the next who asks
   */
  async find(name: string, accepted: string | undefined): Promise<Sent | null> {
    const names = await this.#list()
    if (!names.has(name)) return null
    const taken = takes(accepted)
    for (const coding of Object.keys(codings) as Coding[]) {
      const file = name + codings[coding]
      if (names.has(file) && taken.has(coding)) return { body: await this.#load(file), coding }
    }
    return null
  }

  #list(): Promise<ReadonlySet<string>> {
    this.#names ??= Promise.all([readdir(this.#folder), readdir(new URL('assets/', this.#folder))]).then(
      ([top, assets]) => new Set([...top, ...assets.map((name) => `assets/${name}`)]),
    )
    this.#names.catch(() => {
      this.#names = null
    })
    return this.#names
  }

  #load(file: string): Promise<Buffer> {
    const known = this.#read.get(file)
    if (known) return known
    const reading = readFile(new URL(file, this.#folder))
    reading.catch(() => this.#read.delete(file))
    this.#read.set(file, reading)
    return reading
  }
}

/** The codings that a client takes; one with the weight 0 is one that it does not. */
function takes(accepted = ''): ReadonlySet<string> {
  const named = accepted.split(',').flatMap((part) => {
    const [name = '', ...weights] = part.split(';').map((word) => word.trim().toLowerCase())
    return weights.some((weight) => /^q=0(\.0*)?$/.test(weight)) ? [] : [name]
  })
  return new Set(['identity', ...named])
}
