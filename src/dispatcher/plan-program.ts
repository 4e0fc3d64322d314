// Plan programs: a plan as the addon takes it, words and the bytes that its literals stand in. What a plan means is not
// known here (src/core/plan.ts). The numbers are those of native/plan.h.

/** What a template is made of, beside literal bytes. The values are the numbers of PlanPartKind. */
export const PLAN_PART = {
  message: 1,
  sourceAddress: 2,
  sourcePort: 3,
  connectionIndex: 4,
} as const
export type PlanPart = keyof typeof PLAN_PART

/** Parts that are numbers, with the numbers of PlanNumber. */
const PLAN_NUMBER: Partial<Record<PlanPart, number>> = { sourcePort: 1, connectionIndex: 2 }

export const PLAN_COMPARISONS = ['==', '!=', '<', '<=', '>', '>='] as const
export type PlanComparison = (typeof PLAN_COMPARISONS)[number]

const OP = {
  relay: 1,
  multicast: 2,
  unicast: 3,
  setTag: 4,
  close: 5,
  truth: 6,
  equal: 7,
  startsWith: 8,
  compare: 9,
  not: 10,
  jump: 11,
  jumpIfTrue: 12,
  jumpIfFalse: 13,
  forward: 14,
} as const

/** What is handed to the addon. */
export interface PlanProgram {
  readonly words: Uint32Array
  readonly bytes: Buffer
  /** Whether it may change who has which tag, or close its client: then JavaScript cannot keep count of tags by itself. */
  readonly changesTags: boolean
}

/** A template's parts: literal byte strings and parts that the addon fills in. */
export type PlanTemplate = readonly (string | { readonly part: PlanPart })[]

/** Where a jump stands whose target is not known yet. */
export type Jump = number

/** Writes a program, operation after operation. */
export class PlanWriter {
  readonly #templates: number[] = []
  readonly #places = new Map<string, number>()
  readonly #code: number[] = []
  #literals = ''
  #changesTags = false

  forward(): void {
    this.#code.push(OP.forward)
  }

  relay(data: PlanTemplate): void {
    this.#code.push(OP.relay, this.#template(data))
  }

  relayTo(to: 'multicast' | 'unicast', data: PlanTemplate, tag: PlanTemplate): void {
    this.#code.push(OP[to], this.#template(data), this.#template(tag))
  }

  setTag(tag: PlanTemplate): void {
    this.#changesTags = true
    this.#code.push(OP.setTag, this.#template(tag))
  }

  close(): void {
    this.#changesTags = true
    this.#code.push(OP.close)
  }

  truth(value: boolean): void {
    this.#code.push(OP.truth, value ? 1 : 0)
  }

  /** Byte for byte. */
  compareText(test: 'equal' | 'startsWith', left: PlanTemplate, right: PlanTemplate): void {
    this.#code.push(OP[test], this.#template(left), this.#template(right))
  }

  /** `right` fits 32 bits. */
  compareNumber(comparison: PlanComparison, left: PlanPart, right: number): void {
    const operand = PLAN_NUMBER[left]
    if (operand === undefined) throw new TypeError(`${left} is no number`)
    this.#code.push(OP.compare, PLAN_COMPARISONS.indexOf(comparison), operand, 0, 0, right)
  }

  not(): void {
    this.#code.push(OP.not)
  }

  /** A jump to a place that land() is told of. */
  jump(when: 'always' | 'true' | 'false'): Jump {
    this.#code.push({ always: OP.jump, true: OP.jumpIfTrue, false: OP.jumpIfFalse }[when], 0)
    return this.#code.length - 1
  }

  /** The jump goes to what is written next. */
  land(jump: Jump): void {
    this.#code[jump] = this.#code.length
  }

  program(): PlanProgram {
    return {
      words: Uint32Array.from([this.#places.size, ...this.#templates, ...this.#code]),
      bytes: Buffer.from(this.#literals, 'latin1'),
      changesTags: this.#changesTags,
    }
  }

  #template(parts: PlanTemplate): number {
    const key = JSON.stringify(parts)
    const known = this.#places.get(key)
    if (known !== undefined) return known
    this.#templates.push(parts.length)
    for (const part of parts) {
      if (typeof part === 'string') {
        this.#templates.push(0, this.#literals.length, part.length)
        this.#literals += part
      } else {
        this.#templates.push(PLAN_PART[part.part], 0, 0)
      }
    }
    this.#places.set(key, this.#places.size)
    return this.#places.size - 1
  }
}
