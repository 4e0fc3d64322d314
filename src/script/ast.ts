// The syntax tree of a kamailio.cfg: what the parser makes, the printer writes and the compiler reads. Plain data; every node knows
// where it was written. All texts are byte strings.

/** A file that a script is made of, with what it says. */
export interface SourceFile {
  /** As it was named: on the command line, or where it was included. */
  readonly name: string
  /** A byte string. */
  readonly text: string
}

/** Where something was written. Lines and columns count from 1, columns in bytes. */
export interface Place {
  readonly file: SourceFile
  readonly line: number
  readonly column: number
  /** How many bytes of the line it takes, for the caret; at least 1. */
  readonly length: number
  /** The define whose name stands here, when what is meant came out of its value. */
  readonly definition?: Definition
}

/** A name that was given with `#!define` and its like, or with -A. */
export interface Definition {
  readonly name: string
  /** Where its value says what is meant; undefined when it was not given in a file. */
  readonly place: Place | undefined
}

interface Node {
  readonly place: Place
}

// --- expressions

export interface NumberLiteral extends Node {
  readonly kind: 'number'
  readonly value: number
}

export interface StringLiteral extends Node {
  readonly kind: 'string'
  /** What it says: escapes are resolved. */
  readonly value: string
  readonly quote: '"' | "'"
  /** Where in the file the character of `value` at an offset stands: a mistake within the string is shown there. */
  placeOf(offset: number): Place
}

/** `$var(x)`, `$(hdr(Via)[1]{s.len})`: as it was written, for the templates' parser. */
export interface VariableReference extends Node {
  readonly kind: 'variable'
  readonly source: string
}

/** `method`, `uri`, `src_ip` ...: what the core language calls what pseudo-variables say; and `myself`. */
export interface CoreValue extends Node {
  readonly kind: 'core'
  readonly name: string
}

/** `@ruri.user`: a select, as it was written after the at sign. */
export interface SelectReference extends Node {
  readonly kind: 'select'
  readonly source: string
}

/** A word without quotes that stands for itself, as in `listen=udp:eth0` or `if (proto == UDP)`. */
export interface Word extends Node {
  readonly kind: 'word'
  readonly value: string
}

/** `name(args)`. A function of a module or of the core; which one is the compiler's. */
export interface CallExpression extends Node {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Expression[]
}

/** `route(NAME)`: a name as it was written, or what an expression says when it runs. */
export interface RouteCall extends Node {
  readonly kind: 'route-call'
  readonly route: Word | Expression
}

export type UnaryOperator = '!' | '-' | '~' | 'defined' | 'strlen' | 'strempty' | 'int' | 'str'

export interface UnaryExpression extends Node {
  readonly kind: 'unary'
  readonly operator: UnaryOperator
  readonly operand: Expression
}

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '<<'
  | '>>'
  | '&'
  | '|'
  | '^'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '=~'
  | '!~'
  | '&&'
  | '||'
  /** `eq`, `ne`: as strings; `ieq`, `ine`: as integers. */
  | 'eq'
  | 'ne'
  | 'ieq'
  | 'ine'

export interface BinaryExpression extends Node {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  readonly left: Expression
  readonly right: Expression
}

export type Expression =
  | NumberLiteral
  | StringLiteral
  | VariableReference
  | CoreValue
  | SelectReference
  | Word
  | CallExpression
  | RouteCall
  | UnaryExpression
  | BinaryExpression
  | Assignment

// --- statements

export interface Block extends Node {
  readonly kind: 'block'
  readonly statements: readonly Statement[]
}

/** A call, or any expression that stands by itself; its value is `$rc`. */
export interface ExpressionStatement extends Node {
  readonly kind: 'expression'
  readonly expression: Expression
}

/**
 * `$var(x) = ...`; `+=` is what it is short for. In brackets it is an expression too, as in Kamailio: `if ($var(x) = 1)` assigns and
 * is true when that could be done.
 */
export interface Assignment extends Node {
  readonly kind: 'assignment'
  readonly target: VariableReference
  readonly operator: '=' | '+='
  readonly value: Expression
}

export interface If extends Node {
  readonly kind: 'if'
  readonly condition: Expression
  readonly then: Statement
  readonly otherwise: Statement | undefined
}

export interface While extends Node {
  readonly kind: 'while'
  readonly condition: Expression
  readonly body: Statement
}

/** One `case`, or `default`; without a `break` it goes on into the next. */
export interface Case extends Node {
  readonly kind: 'case'
  /** Undefined: `default`. A case of a regular expression is `case /x/`. */
  readonly test: Expression | undefined
  readonly regex: boolean
  readonly statements: readonly Statement[]
}

export interface Switch extends Node {
  readonly kind: 'switch'
  readonly value: Expression
  readonly cases: readonly Case[]
}

export interface Break extends Node {
  readonly kind: 'break'
}

export interface Return extends Node {
  readonly kind: 'return'
  readonly value: Expression | undefined
}

/** Ends the script. A value is taken and means nothing, as in Kamailio. */
export interface Exit extends Node {
  readonly kind: 'exit'
  readonly value: Expression | undefined
}

export interface Drop extends Node {
  readonly kind: 'drop'
  readonly value: Expression | undefined
}

export interface EmptyStatement extends Node {
  readonly kind: 'empty'
}

export type Statement =
  | Block
  | ExpressionStatement
  | Assignment
  | If
  | While
  | Switch
  | Break
  | Return
  | Exit
  | Drop
  | EmptyStatement

// --- the whole

/** `debug=2`, `listen=udp:127.0.0.1:5060`, `group.name = "x" desc "what for"`. */
export interface Setting extends Node {
  readonly kind: 'setting'
  readonly name: string
  /**
   * One value, or several where several may stand (`alias=a b`); an address is one word, `udp:10.0.0.1:5060`. Several addresses
   * after one `listen=` are as many settings.
   */
  readonly values: readonly (NumberLiteral | StringLiteral | Word)[]
  readonly description: string | undefined
  /** What stands after the address of a `listen`. */
  readonly listen?: ListenOptions
}

/** `listen=udp:10.0.0.1:5060 advertise example.com:5060 name "outside" virtual`. */
export interface ListenOptions {
  /** `HOST` or `HOST:PORT`. */
  readonly advertise: Word | undefined
  readonly name: StringLiteral | undefined
  readonly virtual: boolean
}

/** `loadmodule "x.so"`. */
export interface LoadModule extends Node {
  readonly kind: 'loadmodule'
  readonly path: StringLiteral
  /** It was loadmodulex: pseudo-variables in the path are expanded. */
  readonly expands: boolean
}

export interface ModParam extends Node {
  readonly kind: 'modparam'
  /** `"a|b"` names several. */
  readonly modules: StringLiteral
  readonly name: StringLiteral
  readonly value: NumberLiteral | StringLiteral
  /** It was modparamx: pseudo-variables in a string value are expanded. */
  readonly expands: boolean
}

export type RouteKind =
  | 'request_route'
  | 'route'
  | 'event_route'
  | 'failure_route'
  | 'reply_route'
  | 'branch_route'
  | 'onsend_route'

export interface RouteBlock extends Node {
  readonly kind: 'route'
  /** `onreply_route` is `reply_route`; a `route` without a name is `request_route`. */
  readonly route: RouteKind
  /** What stood in square brackets; undefined: nothing did. */
  readonly name: string | undefined
  readonly body: Block
}

export type Item = Setting | LoadModule | ModParam | RouteBlock

export interface Script {
  readonly items: readonly Item[]
  /** What names have been defined, with what they stand for as it was written: for $def. Absent: none. */
  readonly defines?: ReadonlyMap<string, string>
}
