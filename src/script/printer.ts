// The printer: a tree as text. Parsing the text gives the same tree again. Comments, defines and includes are not in the tree, and so not
// in the text.

import type {
  Block,
  Case,
  Expression,
  If,
  Item,
  ModParam,
  NumberLiteral,
  RouteBlock,
  Script,
  Setting,
  Statement,
  StringLiteral,
  Word,
} from './ast.ts'
import { LEVELS } from './precedence.ts'

export function printScript(script: Script): string {
  const lines: string[] = []
  for (const item of script.items) printItem(item, lines)
  return lines.map((line) => `${line}\n`).join('')
}

/** One expression, in one line. */
export function printExpression(expression: Expression): string {
  return operand(expression, 0)
}

// --- outside of routes

function printItem(item: Item, lines: string[]): void {
  switch (item.kind) {
    case 'setting':
      lines.push(setting(item))
      break
    case 'loadmodule':
      lines.push(`loadmodule${item.expands ? 'x' : ''} ${string(item.path)}`)
      break
    case 'modparam':
      lines.push(modParam(item))
      break
    case 'route':
      lines.push('')
      lines.push(`${routeHead(item)} {`)
      printStatements(item.body.statements, 1, lines)
      lines.push('}')
  }
}

function setting({ name, values, description, listen }: Setting): string {
  if (/^(?:avp)?flags$/.test(name)) return `${name} ${values.map(settingValue).join(', ')}`
  // Strings that only white space separates would be one.
  let text = `${name}=${values.map(settingValue).join(values.some(isString) ? ' /**/ ' : ' ')}`
  if (listen?.advertise !== undefined) text += ` advertise ${listen.advertise.value}`
  if (listen?.name !== undefined) text += ` name ${string(listen.name)}`
  if (listen?.virtual === true) text += ' virtual'
  if (description !== undefined) text += ` desc ${quoted(description)}`
  return text
}

function isString(value: { readonly kind: string }): boolean {
  return value.kind === 'string'
}

function settingValue(value: NumberLiteral | StringLiteral | Word): string {
  if (value.kind === 'number') return String(value.value)
  return value.kind === 'string' ? string(value) : value.value
}

function modParam({ modules, name, value, expands }: ModParam): string {
  const args = [string(modules), string(name), settingValue(value)]
  return `modparam${expands ? 'x' : ''}(${args.join(', ')})`
}

function routeHead({ route, name }: RouteBlock): string {
  if (name === undefined) return route
  const keyword = route === 'reply_route' ? 'onreply_route' : route
  const plain =
    route === 'event_route'
      ? /^[A-Za-z_][A-Za-z0-9_.:-]*$/
      : // A longer number would be cut to 32 bits.
        /^(?:[A-Za-z_][A-Za-z0-9_]*|[1-9][0-9]{0,8})$/
  if (plain.test(name)) return `${keyword}[${name}]`
  // The name of an event is taken as it is.
  return `${keyword}[${route === 'event_route' ? `"${name}"` : quoted(name)}]`
}

// --- statements

function printStatements(statements: readonly Statement[], depth: number, lines: string[]): void {
  for (const statement of statements) printStatement(statement, depth, lines)
}

function printStatement(statement: Statement, depth: number, lines: string[]): void {
  const indent = '  '.repeat(depth)
  switch (statement.kind) {
    case 'block':
      lines.push(`${indent}{`)
      printStatements(statement.statements, depth + 1, lines)
      lines.push(`${indent}}`)
      break
    case 'if':
      printIf(statement, depth, lines)
      break
    case 'while':
      printBody(`while (${printExpression(statement.condition)})`, statement.body, depth, lines)
      break
    case 'switch':
      lines.push(`${indent}switch (${printExpression(statement.value)}) {`)
      for (const each of statement.cases) printCase(each, depth + 1, lines)
      lines.push(`${indent}}`)
      break
    default:
      lines.push(`${indent}${simple(statement)};`)
  }
}

function simple(statement: Exclude<Statement, Block | If | { kind: 'while' | 'switch' }>): string {
  switch (statement.kind) {
    case 'expression':
      return printExpression(statement.expression)
    case 'assignment':
      return `${statement.target.source} ${statement.operator} ${printExpression(statement.value)}`
    case 'break':
      return 'break'
    case 'return':
    case 'exit':
    case 'drop':
      return statement.value === undefined
        ? statement.kind
        : `${statement.kind} ${printExpression(statement.value)}`
    case 'empty':
      return ''
  }
}

function printIf(statement: If, depth: number, lines: string[]): void {
  let head = 'if'
  for (let each: If = statement; ; head = 'else if') {
    const { condition, then, otherwise } = each
    const whole = otherwise !== undefined && endsInOpenIf(then) ? { ...BLOCK, statements: [then] } : then
    printBody(`${head} (${printExpression(condition)})`, whole, depth, lines)
    if (otherwise === undefined) return
    if (otherwise.kind !== 'if') {
      printBody('else', otherwise, depth, lines)
      return
    }
    each = otherwise
  }
}

const BLOCK = {
  kind: 'block',
  place: { file: { name: '', text: '' }, line: 1, column: 1, length: 1 },
} as const

/** Whether an else after the statement would be taken for one of an if in it. */
function endsInOpenIf(statement: Statement): boolean {
  let last: Statement | undefined = statement
  while (last.kind === 'if' || last.kind === 'while') {
    if (last.kind === 'while') last = last.body
    else if (last.otherwise === undefined) return true
    else last = last.otherwise
  }
  return false
}

function printBody(head: string, body: Statement, depth: number, lines: string[]): void {
  const indent = '  '.repeat(depth)
  if (body.kind !== 'block') {
    lines.push(`${indent}${head}`)
    printStatement(body, depth + 1, lines)
    return
  }
  lines.push(`${indent}${head} {`)
  printStatements(body.statements, depth + 1, lines)
  lines.push(`${indent}}`)
}

function printCase({ test, regex, statements }: Case, depth: number, lines: string[]): void {
  lines.push(`${'  '.repeat(depth)}${label(test, regex)}:`)
  printStatements(statements, depth + 1, lines)
}

function label(test: Expression | undefined, regex: boolean): string {
  if (test === undefined) return 'default'
  const text = printExpression(test)
  if (regex) return `case /${text}`
  // A colon after an address would be taken for a part of it.
  return test.kind === 'binary' ? `case (${text})` : `case ${text}`
}

// --- expressions

/** @param level how tightly the operator binds that it is an operand of */
function operand(expression: Expression, level: number): string {
  switch (expression.kind) {
    case 'number':
      // In an expression a sign is an operator: a number below zero was one above 2147483647.
      return String(expression.value >>> 0)
    case 'string':
      return string(expression)
    case 'variable':
      return expression.source
    case 'select':
      return `@${expression.source}`
    case 'core':
      return expression.name
    case 'word':
      return expression.value
    case 'call':
      return `${expression.name}(${expression.args.map(printExpression).join(', ')})`
    case 'route-call':
      return `route(${printExpression(expression.route)})`
    case 'assignment':
      return `(${expression.target.source} ${expression.operator} ${printExpression(expression.value)})`
    case 'unary': {
      const { operator } = expression
      if (operator === 'strlen' || operator === 'strempty') {
        return `${operator}(${printExpression(expression.operand)})`
      }
      const written =
        operator === 'defined'
          ? 'defined '
          : operator === 'int' || operator === 'str'
            ? `(${operator})`
            : operator
      return written + operand(expression.operand, UNARY_LEVEL)
    }
    case 'binary': {
      const own = LEVELS[expression.operator]
      const written = expression.operator === '%' ? 'mod' : expression.operator
      const text = `${operand(expression.left, own)} ${written} ${operand(expression.right, own + 1)}`
      return own < level ? `(${text})` : text
    }
  }
}

const UNARY_LEVEL = 100

function string({ value, quote }: StringLiteral): string {
  return quote === "'" && !value.includes("'") ? `'${value}'` : quoted(value)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x07': '\\a',
  '"': '\\"',
  '\\': '\\\\',
}

function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e\x80-\xff]/g, escaped)}"`
}

function escaped(byte: string): string {
  return ESCAPES[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`
}
