// The preprocessor: from a file to the tokens that the parser reads. Follows #!define, #!ifdef, #!subst and their like, and includes
// files; a token knows where it was written, a define's also where that is used. What the tokens mean is the parser's.

import { dirname, isAbsolute, join } from 'node:path'
import { bytesOfText } from '../core/bytestring.ts'
import type { Place, SourceFile } from './ast.ts'
import { evaluate, isTrue } from './condition.ts'
import { Define, Defines } from './defines.ts'
import type { Diagnostics } from './diagnostics.ts'
import { FIXED_WORDS } from './keywords.ts'
import { Lexer } from './lexer.ts'
import { Substitutions } from './substitutions.ts'
import type { DirectiveToken, StringToken, Token, WordToken } from './token.ts'

/** A define from the command line: `-A NAME` or `-A NAME=VALUE`. */
export interface GivenDefine {
  readonly name: string
  readonly value: string | undefined
}

export interface PreprocessOptions {
  readonly defines: readonly GivenDefine[]
  /** What a file says, as a byte string; undefined when it cannot be read. */
  readFile(path: string): string | undefined
}

/** The version whose language this is, as Kamailio's own defines name it. */
const PREDEFINED = {
  KAMAILIO: '',
  KAMAILIO_5: '',
  KAMAILIO_5_6: '',
  KAMAILIO_5_6_3: '',
  KAMAILIO_VERSION: '5006003',
}

const MAX_INCLUDE_DEPTH = 10
const MAX_INCLUDES = 1000
/** Tokens that defines may come to, all in all: defines of defines grow without bounds. */
const MAX_EXPANDED = 1_000_000

/** An #!ifdef, #!ifndef or #!ifexp that is open. */
interface Condition {
  readonly place: Place
  readonly name: string
  hadElse: boolean
}

interface Reading {
  readonly file: SourceFile
  readonly lexer: Lexer
  readonly conditions: Condition[]
}

/** The value of a define, being read where its name stands. */
interface Expansion {
  readonly define: Define
  readonly tokens: readonly Token[]
  /** Where the outermost name stands. */
  readonly use: Place
  at: number
}

/** Never throws; what is wrong goes to the diagnostics. The last token is an `end`. */
export function preprocess(
  file: SourceFile,
  options: PreprocessOptions,
  diagnostics: Diagnostics,
): readonly Token[] {
  return new Preprocessor(options, diagnostics).run(file)
}

class Preprocessor {
  readonly #options: PreprocessOptions
  readonly #diagnostics: Diagnostics
  readonly #defines = new Defines()
  readonly #substitutions = new Substitutions()
  readonly #files: Reading[] = []
  readonly #expansions: Expansion[] = []
  readonly #out: Token[] = []
  #included = 0
  #expanded = 0

  constructor(options: PreprocessOptions, diagnostics: Diagnostics) {
    this.#options = options
    this.#diagnostics = diagnostics
    for (const [name, value] of Object.entries(PREDEFINED)) this.#defines.setText(name, value, name)
    for (const { name, value } of options.defines) this.#defines.setText(name, value ?? '', `-A ${name}`)
  }

  run(file: SourceFile): readonly Token[] {
    this.#open(file)
    for (;;) {
      const token = this.#next()
      if (token.kind === 'end') {
        const ended = this.#close()
        if (ended) return [...this.#out, token]
      } else this.#take(token)
    }
  }

  #open(file: SourceFile): void {
    this.#files.push({ file, lexer: new Lexer(file, this.#diagnostics), conditions: [] })
  }

  /** Ends the file that is being read; true: it was the outermost. */
  #close(): boolean {
    for (const { place, name } of this.#files.pop()?.conditions ?? []) {
      this.#diagnostics.error(place, `this #!${name} is never ended`, 'write #!endif where it ends')
    }
    return this.#files.length === 0
  }

  /** The next token, directives followed, defines not yet replaced. An `end` is that of the innermost file. */
  #next(): Token {
    for (;;) {
      const expansion = this.#expansions.at(-1)
      if (expansion !== undefined) {
        const token = expansion.tokens[expansion.at++]
        if (token !== undefined) return placedAt(token, expansion)
        this.#expansions.pop()
        continue
      }
      const token = this.#reading().lexer.next()
      if (token.kind !== 'directive') return token
      this.#follow(token)
    }
  }

  #reading(): Reading {
    const reading = this.#files.at(-1)
    if (reading === undefined) throw new Error('no file is being read')
    return reading
  }

  /** Hands a token on; a word that is defined is replaced. */
  #take(token: Token): void {
    if (token.kind === 'word' && !FIXED_WORDS.has(token.text)) {
      const define = this.#defines.get(token.text)
      if (define !== undefined) {
        this.#expand(define, token)
        return
      }
    }
    if (token.kind === 'string') {
      const string = this.#substituted(token)
      const before = this.#out.at(-1)
      if (before?.kind === 'word' && /^loadmodulex?$/.test(before.text)) this.#moduleLoaded(string.value)
      this.#out.push(string)
    } else this.#out.push(token)
  }

  #expand(define: Define, word: WordToken): void {
    if (this.#expansions.some((each) => each.define === define)) {
      this.#diagnostics.error(word.place, `${define.name} is defined in terms of itself`)
      return
    }
    const found = this.#diagnostics.list.length
    const tokens = define.tokens(this.#diagnostics)
    // What is wrong in the value was found just now, and is shown where the name stands.
    this.#diagnostics.list.splice(
      found,
      Number.POSITIVE_INFINITY,
      ...this.#diagnostics.list.slice(found).map((each) => ({
        ...each,
        place: { ...word.place, definition: { name: define.name, place: each.place } },
      })),
    )
    this.#expanded += tokens.length
    if (this.#expanded > MAX_EXPANDED) {
      if (this.#expanded - tokens.length <= MAX_EXPANDED) {
        this.#diagnostics.error(
          word.place,
          `defines come to more than ${MAX_EXPANDED} words; this one is left out`,
        )
      }
      return
    }
    this.#expansions.push({ define, tokens, use: word.place, at: 0 })
  }

  #substituted(token: StringToken): StringToken {
    const value = this.#substitutions.apply(token.value)
    return value === token.value ? token : { ...token, value, placeOf: () => token.place }
  }

  /** From here on `#!ifdef MOD_name` holds. */
  #moduleLoaded(path: string): void {
    const name = /([^/]*?)(?:\.so)?$/.exec(path)?.[1]
    if (name !== undefined && name !== '') this.#defines.setText(`MOD_${name}`, '', `loadmodule "${path}"`)
  }

  #follow(directive: DirectiveToken): void {
    switch (directive.name) {
      case 'ifdef':
      case 'ifndef':
      case 'ifexp':
      case 'else':
      case 'endif':
        this.#conditional(directive)
        break
      case 'subst':
      case 'substdef':
      case 'substdefs':
        this.#substitution(directive)
        break
      case 'include_file':
      case 'import_file':
        this.#include(directive)
        break
      case 'defexp':
      case 'defexps':
        this.#defineCalculated(directive)
        break
      case 'defenv':
      case 'defenvs':
      case 'trydefenv':
      case 'trydefenvs':
        this.#defineFromEnvironment(directive)
        break
      default:
        this.#define(directive)
    }
  }

  // --- conditions

  #conditional(first: DirectiveToken): void {
    let directive: DirectiveToken | undefined = first
    // While lines are left out: how deep within them.
    let depth = 0
    while (directive !== undefined) {
      const { conditions, lexer } = this.#reading()
      const open = conditions.at(-1)
      switch (directive.name) {
        case 'else':
          if (depth > 0) break
          if (open === undefined) {
            this.#diagnostics.warning(
              directive.place,
              'an #!else without an #!ifdef before it is passed over',
            )
            return
          }
          if (open.hadElse) {
            this.#diagnostics.warning(
              directive.place,
              `a second #!else of the #!${open.name} in line ${open.place.line}`,
            )
          }
          this.#nothingAfter(directive)
          open.hadElse = true
          // Lines were left out up to here, or are from here on.
          if (directive !== first) return
          break
        case 'endif':
          if (depth > 0) {
            depth--
            break
          }
          this.#nothingAfter(directive)
          if (conditions.pop() === undefined) {
            this.#diagnostics.error(directive.place, 'an #!endif without an #!ifdef before it')
          }
          return
        default:
          if (directive !== first) {
            depth++
            break
          }
          conditions.push({ place: directive.place, name: directive.name, hadElse: false })
          if (this.#holds(directive)) return
      }
      directive = lexer.skipLines()
    }
  }

  #holds(directive: DirectiveToken): boolean {
    if (directive.name === 'ifexp') {
      const value = evaluate(this.#tokensOf(directive), this.#defines, this.#diagnostics)
      return value !== undefined && isTrue(value)
    }
    const name = /^[ \t]*([A-Za-z0-9_]+)[ \t\r]*(?:$|#|\/\/|\/\*)/.exec(directive.text)?.[1]
    if (name === undefined) {
      this.#diagnostics.error(directive.place, `#!${directive.name} takes one name`)
      return true
    }
    return this.#defines.has(name) === (directive.name === 'ifdef')
  }

  #nothingAfter(directive: DirectiveToken): void {
    if (/^[ \t\r]*(?:$|#|\/\/|\/\*)/.test(directive.text)) return
    this.#diagnostics.error(directive.place, `nothing may stand after #!${directive.name} in its line`)
  }

  /** The tokens of what stands after a directive, with an `end`. */
  #tokensOf(directive: DirectiveToken, from = 0): readonly Token[] {
    const range = { start: directive.offset + from, end: directive.offset + directive.text.length }
    const lexer = new Lexer(this.#reading().file, this.#diagnostics, range)
    const tokens: Token[] = []
    for (;;) {
      const token = lexer.next()
      if (token.kind !== 'directive') tokens.push(token)
      if (token.kind === 'end') return tokens
    }
  }

  // --- defines

  #define(directive: DirectiveToken): void {
    const named = this.#nameOf(directive)
    if (named === undefined) return
    const { name, rest } = named
    const defined = this.#defines.has(name)
    if (defined && directive.name.startsWith('try')) return
    if (defined && !directive.name.startsWith('redef')) {
      this.#definedAlready(directive, name)
      return
    }
    const value = directive.text.slice(rest)
    const start = directive.offset + rest + (value.length - value.trimStart().length)
    const end = Math.max(start, directive.offset + rest + value.trimEnd().length)
    this.#defines.set(new Define(name, directive.place, { file: this.#reading().file, start, end }))
  }

  /** The name that stands after a directive, and where what follows it begins in the directive's text. */
  #nameOf(directive: DirectiveToken): { name: string; rest: number } | undefined {
    const found = /^[ \t]*([A-Za-z_][A-Za-z0-9_]*)(?=[\s\\]|$)/.exec(directive.text)
    const name = found?.[1]
    if (found === null || name === undefined) {
      const written = /^[ \t]*(\S*)/.exec(directive.text)?.[1] ?? ''
      const problem =
        written === '' ? `#!${directive.name} takes a name` : `${written} is no name for #!${directive.name}`
      const equals = /^([A-Za-z_]\w*)=(.*)$/.exec(written)
      const advice =
        equals === null
          ? 'a name is letters, digits and _'
          : `write #!${directive.name} ${equals[1]} ${equals[2]}`
      this.#diagnostics.error(directive.place, problem, advice)
      return undefined
    }
    return { name, rest: found[0].length }
  }

  #definedAlready(directive: DirectiveToken, name: string): void {
    const place = this.#defines.get(name)?.place
    const where = place === undefined ? '' : ` at ${place.file.name}:${place.line}`
    this.#diagnostics.error(
      directive.place,
      `${name} is defined already${where}`,
      `#!redefine ${name} gives it another value, #!trydefine leaves the one that it has`,
    )
  }

  #defineCalculated(directive: DirectiveToken): void {
    const named = this.#nameOf(directive)
    if (named === undefined) return
    if (this.#defines.has(named.name)) {
      this.#definedAlready(directive, named.name)
      return
    }
    const value = evaluate(this.#tokensOf(directive, named.rest), this.#defines, this.#diagnostics)
    if (value === undefined) return
    const text = String(typeof value === 'number' ? Math.trunc(value) : value)
    this.#defines.setText(
      named.name,
      directive.name === 'defexps' ? quoted(text) : text,
      `#!${directive.name} ${named.name}`,
      directive.place,
    )
  }

  #defineFromEnvironment(directive: DirectiveToken): void {
    const found = /^[ \t]*([A-Za-z_]\w*)(?:=([A-Za-z_]\w*))?[ \t\r]*$/.exec(directive.text)
    const [, name, variable = name] = found ?? []
    if (name === undefined || variable === undefined) {
      this.#diagnostics.error(directive.place, `#!${directive.name} takes NAME or NAME=VARIABLE`)
      return
    }
    const value = process.env[variable]
    const tries = directive.name.startsWith('try')
    if (value === undefined) {
      if (tries) return
      const advice = `#!try${directive.name} does without it`
      this.#diagnostics.error(directive.place, `there is no environment variable ${variable}`, advice)
      return
    }
    if (this.#defines.has(name)) {
      if (!tries) this.#definedAlready(directive, name)
      return
    }
    const bytes = bytesOfText(value)
    const text = directive.name.endsWith('s') ? quoted(bytes) : bytes
    this.#defines.setText(name, text, `the environment variable ${variable}`, directive.place)
  }

  #substitution(directive: DirectiveToken): void {
    const token = this.#next()
    if (token.kind !== 'string') {
      this.#diagnostics.error(
        directive.place,
        `#!${directive.name} takes a string, "/expression/replacement/flags"`,
      )
      if (token.kind === 'end') this.#close()
      else this.#take(token)
      return
    }
    const string = this.#substituted(token)
    const parts = this.#substitutions.add(string.value)
    if (typeof parts === 'string') {
      this.#diagnostics.error(string.place, parts)
      return
    }
    if (directive.name === 'subst' || !/^[A-Za-z_]\w*$/.test(parts.expression)) return
    if (this.#defines.has(parts.expression)) {
      this.#definedAlready(directive, parts.expression)
      return
    }
    const value = directive.name === 'substdefs' ? quoted(parts.replacement) : parts.replacement
    this.#defines.setText(parts.expression, value, `#!${directive.name} ${string.text}`, directive.place)
  }

  // --- files

  #include(directive: DirectiveToken): void {
    const path = /^"([^"]+)"$/.exec(directive.text)?.[1]
    if (path === undefined) {
      this.#diagnostics.error(directive.place, `${directive.name} takes the name of a file between " and "`)
      return
    }
    if (this.#files.length > MAX_INCLUDE_DEPTH) {
      const way = this.#files.map((each) => each.file.name)
      this.#diagnostics.error(
        directive.place,
        `files are included more than ${MAX_INCLUDE_DEPTH} deep`,
        `${way.slice(-3).join(' includes ')} includes ${path}`,
      )
      return
    }
    if (++this.#included > MAX_INCLUDES) {
      if (this.#included === MAX_INCLUDES + 1) {
        this.#diagnostics.error(directive.place, `more than ${MAX_INCLUDES} files are included`)
      }
      return
    }
    const file = this.#find(path)
    if (file === undefined) {
      if (directive.name === 'import_file') return
      this.#diagnostics.error(
        directive.place,
        `cannot read ${path}`,
        'import_file does without a file that is not there',
      )
      return
    }
    const loop = this.#files.find((each) => each.file.name === file.name)
    if (loop !== undefined) {
      this.#diagnostics.error(directive.place, `${file.name} includes itself`)
      return
    }
    this.#open(file)
  }

  /** As it is named, seen from where the daemon runs; else beside the file that includes it: Kamailio looks in this order. */
  #find(path: string): SourceFile | undefined {
    const text = this.#options.readFile(path)
    if (text !== undefined) return { name: path, text }
    if (isAbsolute(path)) return undefined
    const beside = join(dirname(this.#reading().file.name), path)
    const there = this.#options.readFile(beside)
    return there === undefined ? undefined : { name: beside, text: there }
  }
}

/** A token out of a define: it stands where the name does, and knows where it was written. */
function placedAt(token: Token, { define, use }: Expansion): Token {
  const at = (place: Place): Place => ({
    ...use,
    // The innermost of nested defines wrote it.
    definition: { name: define.name, place: place },
  })
  if (token.kind === 'string') {
    return { ...token, place: at(token.place), placeOf: (offset) => at(token.placeOf(offset)) }
  }
  return { ...token, place: at(token.place) }
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
