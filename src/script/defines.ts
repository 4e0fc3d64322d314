// The names that #!define and its like give to pieces of script. Knows what each stands for; where a name is replaced is the
// preprocessor's.

import type { Place, SourceFile } from './ast.ts'
import { Diagnostics } from './diagnostics.ts'
import { Lexer } from './lexer.ts'
import type { Token } from './token.ts'

/** One define. Its value is read when it is first used: one that is never used may say anything, as in Kamailio. */
export class Define {
  readonly name: string
  /** Where the name was given; undefined when that was not in a file. */
  readonly place: Place | undefined
  /** Made by #!substdef. */
  readonly substituted: boolean
  readonly #file: SourceFile
  readonly #start: number
  readonly #end: number
  #tokens: readonly Token[] | undefined

  constructor(
    name: string,
    place: Place | undefined,
    value: { file: SourceFile; start: number; end: number },
    substituted = false,
  ) {
    this.substituted = substituted
    this.name = name
    this.place = place
    this.#file = value.file
    this.#start = value.start
    this.#end = value.end
  }

  /** Its value as it was written. */
  get text(): string {
    return this.#file.text.slice(this.#start, this.#end)
  }

  /** The tokens of its value. What is wrong in it is told to the diagnostics by the first who asks. */
  tokens(diagnostics: Diagnostics): readonly Token[] {
    if (this.#tokens !== undefined) return this.#tokens
    const found = new Diagnostics()
    const lexer = new Lexer(this.#file, found, { start: this.#start, end: this.#end })
    const tokens: Token[] = []
    for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next()) {
      if (token.kind !== 'directive') tokens.push(token)
    }
    diagnostics.list.push(...found.list)
    this.#tokens = tokens
    return tokens
  }
}

export class Defines {
  readonly #known = new Map<string, Define>()

  get(name: string): Define | undefined {
    return this.#known.get(name)
  }

  /** What the names stand for as it was written, but those of #!substdef, which Kamailio's $def does not show. */
  texts(): ReadonlyMap<string, string> {
    const texts = new Map<string, string>()
    for (const [name, define] of this.#known) if (!define.substituted) texts.set(name, define.text)
    return texts
  }

  has(name: string): boolean {
    return this.#known.has(name)
  }

  names(): Iterable<string> {
    return this.#known.keys()
  }

  set(define: Define): void {
    this.#known.set(define.name, define)
  }

  /** Gives a name to a text that stands in no file: what -A says, what an environment variable holds, what the version is. */
  setText(name: string, value: string, from: string, place?: Place, substituted = false): void {
    const file = { name: from, text: value }
    this.set(new Define(name, place, { file, start: 0, end: value.length }, substituted))
  }
}
