// The text of a file with its lines: turns offsets into places.

import type { Place, SourceFile } from './ast.ts'

export class SourceText {
  readonly file: SourceFile
  readonly text: string
  /** Where each line begins. */
  readonly #lines: readonly number[]
  /** The line that was asked for last: the next one is rarely far away. */
  #line = 0

  constructor(file: SourceFile) {
    this.file = file
    this.text = file.text
    this.#lines = linesOf(file)
  }

  /** The place of the bytes from `start` up to `end`; its length ends with the line. */
  place(start: number, end: number): Place {
    const line = this.#lineOf(start)
    const begin = this.#lines[line] ?? 0
    const next = this.#lines[line + 1] ?? Number.POSITIVE_INFINITY
    const length = Math.max(1, Math.min(end, next - 1) - start)
    return { file: this.file, line: line + 1, column: start - begin + 1, length }
  }

  /** What a line says, which counts from 1. */
  line(line: number): string | undefined {
    const start = this.#lines[line - 1]
    if (start === undefined) return undefined
    const next = this.#lines[line]
    return this.text.slice(start, next === undefined ? this.text.length : next - 1)
  }

  #lineOf(offset: number): number {
    const lines = this.#lines
    const near = lines[this.#line] ?? 0
    if (offset < near || offset >= (lines[this.#line + 1] ?? Number.POSITIVE_INFINITY)) {
      let low = offset < near ? 0 : this.#line
      let high = offset < near ? this.#line : lines.length - 1
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if ((lines[middle] ?? 0) <= offset) low = middle
        else high = middle - 1
      }
      this.#line = low
    }
    return this.#line
  }
}

/** The lines of each file, found once however many lexers read parts of it. */
const known = new WeakMap<SourceFile, readonly number[]>()

function linesOf(file: SourceFile): readonly number[] {
  const cached = known.get(file)
  if (cached !== undefined) return cached
  const lines = [0]
  for (let at = file.text.indexOf('\n'); at >= 0; at = file.text.indexOf('\n', at + 1)) lines.push(at + 1)
  known.set(file, lines)
  return lines
}

/** Letters, digits, underscore. */
export function isWordByte(byte: number): boolean {
  return (
    (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || (byte >= 48 && byte <= 57) || byte === 95
  )
}
