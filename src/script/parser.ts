// The parser: from a kamailio.cfg to its tree. Here is what stands outside of routes; statements and expressions have files of their own.
// All mistakes are found in one go. What names mean is the compiler's.

import { nearest } from '../core/nearest.ts'
import { readAddressWord } from './address-word.ts'
import type {
  Item,
  ListenOptions,
  LoadModule,
  ModParam,
  NumberLiteral,
  RouteBlock,
  RouteKind,
  Script,
  Setting,
  SourceFile,
  StringLiteral,
  Word,
} from './ast.ts'
import type { Diagnostics } from './diagnostics.ts'
import { ITEM_WORDS, NUMBER_WORDS } from './keywords.ts'
import { stringLiteral } from './parse-expression.ts'
import { beginsItem, StatementParser } from './parse-statement.ts'
import { type PreprocessOptions, preprocess } from './preprocess.ts'
import { describe, type Token } from './token.ts'
import { SyntaxFault, TokenCursor } from './token-cursor.ts'

export type ParseOptions = PreprocessOptions

/**
 * Reads a script, with the files that it includes. Never throws: what is wrong goes to the diagnostics, and what could be read is
 * returned.
 */
export function parseScript(file: SourceFile, options: ParseOptions, diagnostics: Diagnostics): Script {
  const tokens = preprocess(file, options, diagnostics)
  return new ItemParser(new TokenCursor(tokens, diagnostics)).script()
}

const ROUTE_KINDS: ReadonlyMap<string, RouteKind> = new Map([
  ['request_route', 'request_route'],
  ['route', 'route'],
  ['event_route', 'event_route'],
  ['failure_route', 'failure_route'],
  ['onreply_route', 'reply_route'],
  ['reply_route', 'reply_route'],
  ['branch_route', 'branch_route'],
  ['onsend_route', 'onsend_route'],
])

/** Core parameters whose values are addresses, of which several may follow. */
const ADDRESS_LISTS: ReadonlySet<string> = new Set(['listen', 'alias'])

class ItemParser {
  readonly #cursor: TokenCursor
  readonly #statements: StatementParser
  /** Routes by what they are called, to find those that are there twice. */
  readonly #routes = new Map<string, RouteBlock>()

  constructor(cursor: TokenCursor) {
    this.#cursor = cursor
    this.#statements = new StatementParser(cursor)
  }

  script(): Script {
    const cursor = this.#cursor
    const items: Item[] = []
    while (cursor.peek().kind !== 'end') {
      try {
        for (const item of this.#item()) items.push(item)
      } catch (fault) {
        if (!(fault instanceof SyntaxFault)) throw fault
        this.#recover()
      }
    }
    return { items }
  }

  /** After a mistake: passes over tokens up to what can begin something. */
  #recover(): void {
    const cursor = this.#cursor
    let depth = 0
    for (let count = 0; cursor.peek().kind !== 'end'; count++) {
      if (beginsItem(cursor)) return
      if (count > 0 && depth === 0 && this.#beginsLine()) return
      const token = cursor.take()
      if (token.kind !== 'symbol') continue
      if (token.text === '{') depth++
      else if (token.text === '}' && --depth <= 0) return
    }
  }

  /** Whether what is next is the first of its line and looks like the beginning of something. */
  #beginsLine(): boolean {
    const cursor = this.#cursor
    const { kind, text, place } = cursor.peek()
    return (
      kind === 'word' &&
      place.line !== cursor.last.place.line &&
      (ITEM_WORDS.has(text) || this.#isSettingAt(0))
    )
  }

  #item(): readonly Item[] {
    const cursor: TokenCursor = this.#cursor
    const token = cursor.peek()
    if (cursor.accept(';')) return []
    if (token.kind === 'word') {
      switch (token.text) {
        case 'loadmodule':
        case 'loadmodulex':
          return [this.#loadModule()]
        case 'modparam':
        case 'modparamx':
          return [this.#modParam()]
        case 'loadpath':
        case 'mpath':
          return [this.#pathSetting()]
        case 'flags':
        case 'avpflags':
          if (cursor.peek(1).kind === 'word') return [this.#flags()]
      }
      const kind = ROUTE_KINDS.get(token.text)
      if (kind !== undefined) return [this.#route(token.text, kind)]
      if (this.#isSettingAt(0)) return this.#setting()
      // The one parameter that does without a =.
      if (token.text === 'cfgengine' && cursor.peek(1).kind === 'string') return [this.#pathSetting()]
      return this.#unknownWord()
    }
    if (token.kind === 'symbol' && token.text === '}') {
      cursor.take()
      cursor.diagnostics.error(token.place, 'this } closes nothing')
      return []
    }
    cursor.fail('a parameter, loadmodule, modparam or a route')
  }

  #unknownWord(): never {
    const cursor: TokenCursor = this.#cursor
    const { text, place } = cursor.peek()
    const near = nearest(text, [...ITEM_WORDS, 'import_file', 'include_file'])
    const advice = near === undefined ? undefined : `did you mean ${near}?`
    const next = cursor.peek(1)
    if (next.kind === 'symbol' && (next.text === '{' || next.text === '[')) {
      cursor.wrong(place, `${text} is no kind of route`, advice)
    }
    if (near === undefined && next.kind === 'symbol' && next.text === '(') {
      cursor.wrong(place, `${text}() stands outside of a route`, 'see whether a } before it is one too many')
    }
    cursor.take()
    cursor.fail(`= after ${text}`, advice)
  }

  // --- parameters

  /** Whether `name =`, `group.name =` or `group[id].name =` stands there. */
  #isSettingAt(ahead: number): boolean {
    const cursor = this.#cursor
    if (cursor.peek(ahead).kind !== 'word') return false
    return cursor.isSymbol('=', ahead + 1) || this.#globalLength(ahead) > 0
  }

  /** How many tokens the name of a custom global takes; 0: none stands there. */
  #globalLength(ahead: number): number {
    const cursor = this.#cursor
    const indexed =
      cursor.isSymbol('[', ahead + 1) &&
      cursor.peek(ahead + 2).kind === 'number' &&
      cursor.isSymbol(']', ahead + 3)
    const dot = ahead + (indexed ? 4 : 1)
    const named = cursor.isSymbol('.', dot) && cursor.peek(dot + 1).kind === 'word'
    return named && cursor.isSymbol('=', dot + 2) ? dot + 2 - ahead : 0
  }

  #setting(): Setting[] {
    const cursor = this.#cursor
    const first = cursor.peek()
    const length = this.#globalLength(0)
    if (length > 0) return [this.#global(first, length)]
    cursor.take()
    cursor.take()
    if (first.text === 'listen') return this.#listens(first)
    const values = [this.#value(first.text)]
    if (ADDRESS_LISTS.has(first.text)) while (this.#addressFollows()) values.push(this.#value(first.text))
    return [{ kind: 'setting', name: first.text, values, description: undefined, place: cursor.span(first) }]
  }

  /** `group.name = value desc "..."` */
  #global(first: Token, length: number): Setting {
    const cursor: TokenCursor = this.#cursor
    let name = ''
    for (let count = 0; count < length; count++) name += cursor.take().text
    cursor.require('=')
    const value = this.#number() ?? this.#string()
    if (value === undefined) cursor.fail(`a number or a string for ${name}`)
    let description: string | undefined
    if (cursor.isWord('desc')) {
      cursor.take()
      description = this.#string()?.value ?? cursor.fail('a string after desc')
    }
    return { kind: 'setting', name, values: [value], description, place: cursor.span(first) }
  }

  #value(name: string): NumberLiteral | StringLiteral | Word {
    const cursor: TokenCursor = this.#cursor
    const value = this.#number() ?? this.#quotedAddress() ?? readAddressWord(cursor)
    return value ?? cursor.fail(`a value for ${name}`)
  }

  /** A string; `"a.com":5060` is one word. */
  #quotedAddress(): StringLiteral | Word | undefined {
    const cursor = this.#cursor
    const string = this.#string()
    if (string === undefined || !cursor.isSymbol(':') || cursor.peek(1).kind !== 'number') return string
    cursor.take()
    const { text, place } = cursor.take()
    return { kind: 'word', value: `${string.value}:${text}`, place: { ...string.place, ...place } }
  }

  #listens(first: Token): Setting[] {
    const cursor = this.#cursor
    const settings: Setting[] = []
    do {
      const from = settings.length === 0 ? first : cursor.peek()
      const value = this.#value('listen')
      const listen = this.#listenOptions()
      settings.push({
        kind: 'setting',
        name: 'listen',
        values: [value],
        description: undefined,
        place: cursor.span(from),
        ...(listen === undefined ? {} : { listen }),
      })
    } while (this.#addressFollows())
    return settings
  }

  #listenOptions(): ListenOptions | undefined {
    const cursor: TokenCursor = this.#cursor
    let advertise: Word | undefined
    let name: StringLiteral | undefined
    let virtual = false
    for (;;) {
      if (cursor.isWord('advertise') && advertise === undefined) {
        cursor.take()
        const address =
          this.#quotedAddress() ?? readAddressWord(cursor) ?? cursor.fail('an address after advertise')
        advertise = { kind: 'word', value: address.value, place: address.place }
      } else if (cursor.isWord('name') && name === undefined) {
        cursor.take()
        name = this.#string() ?? cursor.fail('a string after name')
      } else if (cursor.isWord('virtual') && !virtual) {
        cursor.take()
        virtual = true
      } else break
    }
    if (advertise === undefined && name === undefined && !virtual) return undefined
    return { advertise, name, virtual }
  }

  /** Whether one more address of a list is next, not something else. */
  #addressFollows(): boolean {
    const cursor = this.#cursor
    const { kind, text } = cursor.peek()
    if (kind === 'string' || kind === 'mixed' || kind === 'address') return true
    if (kind === 'number') return cursor.isSymbol('.', 1)
    if (kind === 'symbol') return text === '[' && cursor.peek(1).kind === 'address'
    return kind === 'word' && !ITEM_WORDS.has(text) && !/^(?:avp)?flags$/.test(text) && !this.#isSettingAt(0)
  }

  #number(): NumberLiteral | undefined {
    const cursor = this.#cursor
    const first = cursor.peek()
    if (first.kind === 'number' && !cursor.isSymbol('.', 1)) {
      cursor.take()
      return { kind: 'number', value: first.value, place: first.place }
    }
    const second = cursor.peek(1)
    if (first.kind === 'symbol' && first.text === '-' && second.kind === 'number') {
      cursor.take()
      cursor.take()
      return { kind: 'number', value: -second.value | 0, place: cursor.span(first) }
    }
    const value = first.kind === 'word' ? NUMBER_WORDS.get(first.text) : undefined
    if (value === undefined || cursor.isSymbol('.', 1)) return undefined
    cursor.take()
    return { kind: 'number', value, place: first.place }
  }

  #string(): StringLiteral | undefined {
    const token = this.#cursor.peek()
    if (token.kind !== 'string') return undefined
    this.#cursor.take()
    return stringLiteral(token)
  }

  /** `flags ONE:1, TWO` */
  #flags(): Setting {
    const cursor: TokenCursor = this.#cursor
    const first = cursor.take()
    const values: Word[] = []
    do {
      const flag = cursor.take()
      if (flag.kind !== 'word')
        cursor.wrong(flag.place, `found ${describe(flag)}, expected the name of a flag`)
      let value = flag.text
      if (cursor.accept(':')) {
        if (cursor.peek().kind !== 'number') cursor.fail(`the number of the flag ${flag.text}`)
        value += `:${cursor.take().text}`
      }
      values.push({ kind: 'word', value, place: cursor.span(flag) })
    } while (cursor.accept(','))
    return { kind: 'setting', name: first.text, values, description: undefined, place: cursor.span(first) }
  }

  // --- modules

  /** A setting whose = may be left out. */
  #pathSetting(): Setting {
    const cursor: TokenCursor = this.#cursor
    const first = cursor.take()
    cursor.accept('=')
    const path = this.#string() ?? cursor.fail(`a string after ${first.text}`)
    return {
      kind: 'setting',
      name: first.text,
      values: [path],
      description: undefined,
      place: cursor.span(first),
    }
  }

  #loadModule(): LoadModule {
    const cursor: TokenCursor = this.#cursor
    const first = cursor.take()
    const name = cursor.peek()
    const path = this.#string()
    if (path === undefined) {
      const advice = name.kind === 'word' ? `write ${first.text} "${name.text}.so"` : undefined
      cursor.fail(`a string after ${first.text}`, advice)
    }
    return { kind: 'loadmodule', path, expands: first.text === 'loadmodulex', place: cursor.span(first) }
  }

  /** `modparam("module", "name", value)` */
  #modParam(): ModParam {
    const cursor: TokenCursor = this.#cursor
    const first = cursor.take()
    cursor.require('(', ` after ${first.text}`)
    const modules = this.#string() ?? cursor.fail('the name of a module, a string')
    cursor.require(',', ' after the module')
    const name = this.#string() ?? cursor.fail('the name of a parameter, a string')
    cursor.require(',', ' after the name of the parameter')
    const value = this.#number() ?? this.#string() ?? cursor.fail('a number or a string')
    cursor.require(')', ' after the value')
    const expands = first.text === 'modparamx'
    return { kind: 'modparam', modules, name, value, expands, place: cursor.span(first) }
  }

  // --- routes

  #route(keyword: string, route: RouteKind): RouteBlock {
    const cursor: TokenCursor = this.#cursor
    const first = cursor.take()
    const name = cursor.accept('[') ? this.#routeName(keyword) : undefined
    const place = cursor.span(first)
    if (name === undefined && keyword === 'event_route') {
      cursor.wrong(place, 'an event_route has a name', 'write event_route[module:event]')
    }
    const kind = route === 'route' && name === undefined ? 'request_route' : route
    const title = name === undefined ? keyword : `${keyword}[${name}]`
    const body = this.#statements.block(title)
    const block: RouteBlock = { kind: 'route', route: kind, name, body, place }
    this.#findTwice(block, title)
    return block
  }

  /** Up to the square bracket that closes. */
  #routeName(keyword: string): string | undefined {
    const cursor: TokenCursor = this.#cursor
    const token = cursor.take()
    if (keyword === 'request_route') {
      cursor.wrong(token.place, 'a request_route has no name', `route[${token.text}] has one`)
    }
    if (keyword === 'event_route') {
      if (token.kind !== 'event' || !token.text.includes(':')) {
        cursor.wrong(
          token.place,
          `${describe(token)} is no name of an event`,
          'write event_route[module:event]',
        )
      }
    } else if (token.kind !== 'word' && token.kind !== 'number' && token.kind !== 'string') {
      cursor.wrong(token.place, `found ${describe(token)}, expected the name of a route`)
    }
    if (!cursor.isSymbol(']')) {
      cursor.fail(`] after ${keyword}[${token.text}`, 'a name with other characters stands between " and "')
    }
    cursor.take()
    const name =
      token.kind === 'string' ? token.value : token.kind === 'number' ? String(token.value) : token.text
    // Number 0 is the one without a name.
    return name === '0' ? undefined : name
  }

  /** Routes without a name may be there several times: they run one after the other. */
  #findTwice(block: RouteBlock, title: string): void {
    if (block.name === undefined) return
    const key = `${block.route} ${block.name}`
    const other = this.#routes.get(key)
    if (other === undefined) {
      this.#routes.set(key, block)
      return
    }
    const { file, line } = other.place
    this.#cursor.diagnostics.error(block.place, `${title} is there already, at ${file.name}:${line}`)
  }
}
