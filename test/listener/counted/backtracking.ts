/*
 * How many steps it takes to match a regular expression by trying one way after the other, as engines do: what a long text makes
 * of an expression cannot be seen from outside of theirs. It knows as much of their language as the program uses.
 */

type Instruction =
  | { is: 'sign'; fits: (sign: string) => boolean }
  | { is: 'place'; holds: (text: string, at: number) => boolean }
  | { is: 'look'; program: readonly Instruction[]; wanted: boolean }
  | { is: 'split'; first: number; second: number }
  | { is: 'jump'; to: number }

export type Steps = { steps: number; over: boolean }

const programs = new Map<string, readonly Instruction[]>()

/** @param most steps after which it is given up */
export function stepsOf({ source, flags, sticky }: RegExp, text: string, from: number, most: number): Steps {
  const key = `${flags}/${source}`
  const program = programs.get(key) ?? new Reader(source, flags).whole()
  programs.set(key, program)
  const count = { steps: 0, most }
  for (let at = from; at <= text.length; at++) {
    if (runs(program, text, at, count) || sticky || count.steps > most) break
  }
  return { steps: count.steps, over: count.steps > most }
}

type Count = { steps: number; most: number }

function runs(program: readonly Instruction[], text: string, from: number, count: Count): boolean {
  const open: number[] = [0, from]
  while (open.length > 0) {
    let at = open.pop() ?? 0
    let line = open.pop() ?? 0
    for (;;) {
      if (++count.steps > count.most) return false
      const instruction = program[line]
      if (instruction === undefined) return true
      if (instruction.is === 'jump') line = instruction.to
      else if (instruction.is === 'split') {
        open.push(instruction.second, at)
        line = instruction.first
      } else if (instruction.is === 'sign') {
        if (at >= text.length || !instruction.fits(text[at] ?? '')) break
        at++
        line++
      } else {
        const holds =
          instruction.is === 'place'
            ? instruction.holds(text, at)
            : runs(instruction.program, text, at, count) === instruction.wanted
        if (!holds) break
        line++
      }
    }
  }
  return false
}

/** Reads an expression. @throws Error at what it does not know, so that nothing is passed over */
class Reader {
  readonly #source: string
  readonly #flags: string
  #at = 0

  constructor(source: string, flags: string) {
    this.#source = source
    this.#flags = flags.replace(/[gy]/g, '')
  }

  whole(): Instruction[] {
    const made = this.#choices()
    if (this.#at < this.#source.length) this.#unknown()
    return made
  }

  #unknown(): never {
    throw new Error(`not known at ${this.#at} of /${this.#source}/`)
  }

  #takes(what: string): boolean {
    if (!this.#source.startsWith(what, this.#at)) return false
    this.#at += what.length
    return true
  }

  #choices(): Instruction[] {
    const first = this.#sequence()
    if (!this.#takes('|')) return first
    const second = this.#choices()
    const end = first.length + 2
    return [
      { is: 'split', first: 1, second: end },
      ...moved(first, 1),
      { is: 'jump', to: end + second.length },
      ...moved(second, end),
    ]
  }

  #sequence(): Instruction[] {
    const made: Instruction[] = []
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source[this.#at] ?? '')) {
      const part = this.#repeated(this.#atom())
      made.push(...moved(part, made.length))
    }
    return made
  }

  #atom(): Instruction[] {
    for (const [sign, wanted] of [
      ['(?=', true],
      ['(?!', false],
    ] as const) {
      if (this.#takes(sign)) return [{ is: 'look', program: this.#group(), wanted }]
    }
    const [named] = /^\(\?<\w+>/.exec(this.#source.slice(this.#at)) ?? []
    if (this.#takes('(?:') || (named !== undefined && this.#takes(named))) return this.#group()
    if (this.#source.startsWith('(?', this.#at)) this.#unknown()
    if (this.#takes('(')) return this.#group()
    const [place] = /^(?:[\^$]|\\[bB])/.exec(this.#source.slice(this.#at)) ?? []
    if (place !== undefined) {
      this.#at += place.length
      const sticky = new RegExp(place, `${this.#flags}y`)
      const holds = (text: string, at: number) => {
        sticky.lastIndex = at
        return sticky.test(text)
      }
      return [{ is: 'place', holds }]
    }
    const [sign] =
      /^(?:\\u\{\w+\}|\\u\w{4}|\\x\w\w|\\p\{\w+\}|\\[^1-9k]|\[(?:\\.|[^\]\\])*\]|[^\\[\])*+?{}])/s.exec(
        this.#source.slice(this.#at),
      ) ?? []
    if (sign === undefined) this.#unknown()
    this.#at += sign.length
    const one = new RegExp(`^${sign}$`, this.#flags)
    const known = new Map<string, boolean>()
    const fits = (text: string) => {
      const fit = known.get(text) ?? one.test(text)
      known.set(text, fit)
      return fit
    }
    return [{ is: 'sign', fits }]
  }

  #group(): Instruction[] {
    const made = this.#choices()
    if (!this.#takes(')')) this.#unknown()
    return made
  }

  #repeated(part: Instruction[]): Instruction[] {
    const [counted, from = '', comma, to] = /^\{(\d+)(,)?(\d+)?\}/.exec(this.#source.slice(this.#at)) ?? []
    let [least, most] = [1, 1]
    if (counted !== undefined) {
      this.#at += counted.length
      least = Number(from)
      most = comma === undefined ? least : to === undefined ? Number.POSITIVE_INFINITY : Number(to)
    } else if (this.#takes('*')) [least, most] = [0, Number.POSITIVE_INFINITY]
    else if (this.#takes('+')) most = Number.POSITIVE_INFINITY
    else if (this.#takes('?')) least = 0
    else return part
    const isLazy = this.#takes('?')
    const made: Instruction[] = []
    for (let time = 0; time < least; time++) made.push(...moved(part, made.length))
    const choice = (inside: number, behind: number): Instruction =>
      isLazy ? { is: 'split', first: behind, second: inside } : { is: 'split', first: inside, second: behind }
    if (most === Number.POSITIVE_INFINITY) {
      const begin = made.length
      made.push(choice(begin + 1, begin + part.length + 2), ...moved(part, begin + 1), { is: 'jump', to: begin })
      return made
    }
    const end = made.length + (most - least) * (part.length + 1)
    for (let time = least; time < most; time++) {
      made.push(choice(made.length + 1, end), ...moved(part, made.length + 1))
    }
    return made
  }
}

/** The same, so many lines further down. */
function moved(program: readonly Instruction[], by: number): Instruction[] {
  return program.map((instruction) => {
    if (instruction.is === 'jump') return { is: 'jump', to: instruction.to + by }
    if (instruction.is !== 'split') return instruction
    return { is: 'split', first: instruction.first + by, second: instruction.second + by }
  })
}
