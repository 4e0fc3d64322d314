// Generates syntax trees for the tests: any that the parser can make, and none that it cannot.
import fc from 'fast-check'
import type {
  BinaryOperator,
  Block,
  Case,
  Expression,
  Item,
  Place,
  Script,
  Statement,
  StringLiteral,
  UnaryOperator,
  VariableReference,
  Word,
} from '../../src/script/ast.ts'

const place: Place = { file: { name: 'generated', text: '' }, line: 1, column: 1, length: 1 }
const MAX_DEPTH = 5

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,5}[0-9_x]$/)
const byteString = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 })
  .map((bytes) => String.fromCharCode(...bytes))

const string: fc.Arbitrary<StringLiteral> = fc
  .record({ value: byteString, quote: fc.constantFrom('"' as const, "'" as const) })
  .map(({ value, quote }) => ({
    kind: 'string',
    value: quote === "'" ? value.replaceAll("'", '') : value,
    quote,
    place,
    placeOf: () => place,
  }))
const number = fc
  .integer({ min: -0x8000_0000, max: 0x7fff_ffff })
  .map((value) => ({ kind: 'number', value, place }) as const)
const settable: fc.Arbitrary<VariableReference> = fc
  .constantFrom('$var(x)', '$fU', '$(avp(a)[*])', '$var(a$var(b))', '$sht(a=>b c)')
  .map((source) => ({ kind: 'variable', source, place }))
const variable: fc.Arbitrary<VariableReference> = fc.oneof(
  settable,
  fc
    .constantFrom('$?', '$rc', '$(var(x){s.substr,0,(1)}{s.len})', '$(hdr(Via)[-1])')
    .map((source) => ({ kind: 'variable', source, place }) as const),
)
const word = (value: string): Word => ({ kind: 'word', value, place })
const core = (coreName: string) => ({ kind: 'core', name: coreName, place }) as const

const TEXT_OPERATORS: readonly BinaryOperator[] = ['==', '!=', '=~', '!~', 'eq', 'ne']
const NUMBER_OPERATORS: readonly BinaryOperator[] = ['==', '!=', '<', '<=', '>', '>=']
const OPERATORS: readonly BinaryOperator[] = [
  ...(['||', '&&', '|', '&', '^', '<<', '>>', '+', '-', '*', '/', '%', 'ieq', 'ine'] as const),
  ...TEXT_OPERATORS,
  ...NUMBER_OPERATORS,
]
const UNARY: readonly UnaryOperator[] = ['!', '-', '~', 'defined', 'strlen', 'strempty', 'int', 'str']

/** Expressions, in which anything may stand that Kamailio's grammar has. */
const { expression } = fc.letrec<{ expression: Expression }>((tie) => {
  const any = tie('expression')
  const compared = (
    coreNames: readonly string[],
    operators: readonly BinaryOperator[],
    right: fc.Arbitrary<Expression>,
  ) =>
    fc
      .record({
        left: fc.constantFrom(...coreNames),
        operator: fc.constantFrom(...operators),
        right: fc.oneof(any, right),
      })
      .map(
        ({ left, operator, right: value }) =>
          ({ kind: 'binary', operator, left: core(left), right: value, place }) as const,
      )
  return {
    expression: fc.oneof(
      { maxDepth: MAX_DEPTH, depthIdentifier: 'expression' },
      fc.oneof(
        number,
        string,
        variable,
        fc
          .constantFrom('ruri', 'msg.header.x[1]', 'hf["a"].b')
          .map((source) => ({ kind: 'select', source, place }) as const),
      ),
      fc
        .record({ operator: fc.constantFrom(...OPERATORS), left: any, right: any })
        .map(({ operator, left, right }) => ({ kind: 'binary', operator, left, right, place }) as const),
      fc
        .record({ operator: fc.constantFrom(...UNARY), operand: any })
        .map(({ operator, operand }) => ({ kind: 'unary', operator, operand, place }) as const),
      call(any),
      routeCall(any),
      fc
        .record({ target: settable, value: any })
        .map(({ target, value }) => ({ kind: 'assignment', target, operator: '=', value, place }) as const),
      compared(['method'], TEXT_OPERATORS, fc.constantFrom(word('INVITE'), word('FOO'))),
      compared(['uri', 'from_uri', 'status'], TEXT_OPERATORS, fc.constant(core('myself'))),
      compared(
        ['src_ip', 'to_ip'],
        TEXT_OPERATORS,
        fc.constantFrom(
          word('10.0.0.1'),
          word('10.0.0.0/255.0.0.0'),
          word('::1/64'),
          word('[fe80::1]'),
          word('a-b.example.com'),
          core('myself'),
        ),
      ),
      compared(['src_port', 'msg:len', 'af'], NUMBER_OPERATORS, number),
      compared(['proto'], ['==', '!='], fc.constantFrom(word('UDP'), word('wss'))),
      fc
        .record({
          operator: fc.constantFrom('==' as const, '!=' as const),
          right: fc.constantFrom('uri', 'src_ip'),
        })
        .map(
          ({ operator, right }) =>
            ({ kind: 'binary', operator, left: core('myself'), right: core(right), place }) as const,
        ),
    ),
  }
})

function call(argument: fc.Arbitrary<Expression>) {
  return fc.oneof(
    fc
      .record({ called: name, args: fc.array(argument, { maxLength: 3 }) })
      .map(({ called, args }) => ({ kind: 'call', name: called, args, place }) as const),
    fc
      .constantFrom('udp:127.0.0.1:5060', '10.0.0.1', 'udp:[::1]:5060', 'uri:host', 'FOO')
      .map((value) => ({ kind: 'call', name: 'force_send_socket', args: [word(value)], place }) as const),
  )
}

function routeCall(route: fc.Arbitrary<Expression>) {
  return fc.oneof(route, name.map(word)).map((each) => ({ kind: 'route-call', route: each, place }) as const)
}

const simple: fc.Arbitrary<Statement> = fc.oneof(
  fc
    .oneof(call(expression), routeCall(expression))
    .map((each) => ({ kind: 'expression', expression: each, place }) as const),
  fc
    .record({ target: settable, operator: fc.constantFrom('=' as const, '+=' as const), value: expression })
    .map((parts) => ({ kind: 'assignment', ...parts, place }) as const),
  fc
    .record({
      kind: fc.constantFrom('return' as const, 'exit' as const, 'drop' as const),
      value: fc.option(expression, { nil: undefined }),
    })
    .map((parts) => ({ ...parts, place })),
  fc.constantFrom({ kind: 'break', place } as const, { kind: 'empty', place } as const),
)

const block = (statement: fc.Arbitrary<Statement>): fc.Arbitrary<Block> =>
  fc
    .array(statement, { minLength: 1, maxLength: 3 })
    .map((statements) => ({ kind: 'block', statements, place }) as const)

/** Whether an else after the statement would become its own. */
function takesElse(statement: Statement): boolean {
  if (statement.kind === 'while') return takesElse(statement.body)
  if (statement.kind !== 'if') return false
  return statement.otherwise === undefined || takesElse(statement.otherwise)
}

const { statement } = fc.letrec<{ statement: Statement }>((tie) => {
  const any = tie('statement')
  const body = fc.oneof({ maxDepth: MAX_DEPTH, depthIdentifier: 'statement' }, simple, block(any), any)
  const label = fc.oneof(
    fc.constant({ test: undefined, regex: false }),
    fc.record({ test: fc.oneof(expression, string), regex: fc.constant(false) }),
    fc.record({ test: string, regex: fc.constant(true) }),
  )
  const cases: fc.Arbitrary<Case[]> = fc
    .array(fc.record({ label, statements: fc.array(any, { maxLength: 2 }) }), { maxLength: 3 })
    .map((list) =>
      list.map(({ label: each, statements }) => ({ kind: 'case', ...each, statements, place }) as const),
    )
    // One default at most.
    .map((list) => {
      const first = list.findIndex((each) => each.test === undefined)
      return list.filter((each, at) => each.test !== undefined || at === first)
    })
  return {
    statement: fc.oneof(
      { maxDepth: MAX_DEPTH, depthIdentifier: 'statement' },
      simple,
      fc
        .record({ condition: expression, inner: body, otherwise: fc.option(body, { nil: undefined }) })
        .map(({ condition, inner, otherwise }) => {
          const hides = otherwise !== undefined && takesElse(inner)
          const then = hides ? ({ kind: 'block', statements: [inner], place } as const) : inner
          return { kind: 'if', condition, then, otherwise, place } as const
        }),
      fc
        .record({ condition: expression, body })
        .map((parts) => ({ kind: 'while', ...parts, place }) as const),
      fc.record({ value: expression, cases }).map((parts) => ({ kind: 'switch', ...parts, place }) as const),
    ),
  }
})

const value = fc.oneof(number, string, fc.constantFrom(word('LOG_LOCAL0'), word('10.0.0.1')))
const address = fc.oneof(
  string,
  fc.constantFrom(
    word('udp:127.0.0.1:5060'),
    word('tcp:a-b.example.com'),
    word('[::1]'),
    word('lo'),
    word('udp:lo:5060'),
  ),
)
const setting = fc.oneof(
  fc.record({ name, values: value.map((each) => [each]), description: fc.constant(undefined) }),
  fc.record({
    name: fc
      .tuple(name, name, fc.option(fc.nat(9), { nil: undefined }))
      .map(([group, each, id]) => (id === undefined ? `${group}.${each}` : `${group}[${id}].${each}`)),
    values: fc.oneof(number, string).map((each) => [each]),
    description: fc.option(byteString, { nil: undefined }),
  }),
  fc.record({
    name: fc.constant('alias'),
    values: fc.array(address, { minLength: 1, maxLength: 3 }),
    description: fc.constant(undefined),
  }),
  fc.record({
    name: fc.constantFrom('flags', 'avpflags'),
    values: fc.array(fc.constantFrom(word('ONE'), word('TWO:2')), { minLength: 1, maxLength: 3 }),
    description: fc.constant(undefined),
  }),
  fc.record({
    name: fc.constant('listen'),
    values: address.map((each) => [each]),
    description: fc.constant(undefined),
    listen: fc
      .record({
        advertise: fc.constantFrom(undefined, word('a.com'), word('10.0.0.1:5060')),
        name: fc.option(string, { nil: undefined }),
        virtual: fc.boolean(),
      })
      .filter((each) => each.advertise !== undefined || each.name !== undefined || each.virtual),
  }),
)

const routeHead = fc.oneof(
  fc.record({
    route: fc.constantFrom(
      'request_route' as const,
      'reply_route' as const,
      'failure_route' as const,
      'branch_route' as const,
      'onsend_route' as const,
    ),
    name: fc.constant(undefined),
  }),
  fc.record({
    route: fc.constantFrom(
      'route' as const,
      'reply_route' as const,
      'failure_route' as const,
      'branch_route' as const,
      'onsend_route' as const,
    ),
    name: fc.oneof(name, byteString, fc.nat(99).map(String)).filter((each) => each !== '0'),
  }),
  fc.record({
    route: fc.constant('event_route' as const),
    name: fc.constantFrom('evapi:message-received', 'a.b:c_D-e:f', 'a:b c', '1:2'),
  }),
)

const item: fc.Arbitrary<Item> = fc.oneof(
  setting.map((parts) => ({ kind: 'setting', ...parts, place }) as const),
  fc
    .record({ path: string, expands: fc.boolean() })
    .map((parts) => ({ kind: 'loadmodule', ...parts, place }) as const),
  fc
    .record({ modules: string, name: string, value: fc.oneof(number, string), expands: fc.boolean() })
    .map((parts) => ({ kind: 'modparam', ...parts, place }) as const),
  fc
    .record({ head: routeHead, body: block(statement) })
    .map(({ head, body }) => ({ kind: 'route', ...head, body, place }) as const),
)

/** Scripts in which no route is there twice. */
export const script: fc.Arbitrary<Script> = fc.array(item, { maxLength: 5 }).map((items) => {
  const seen = new Set<string>()
  return {
    items: items.filter((each) => {
      if (each.kind !== 'route' || each.name === undefined) return true
      const key = `${each.route} ${each.name}`
      if (seen.has(key)) return false
      seen.add(key)
      return true
    }),
  }
})

export { expression, statement }
