// Any expression that can be written evaluates as the model says (expression-model.ts), and any that cannot is a mistake.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type Binary,
  Failed,
  Mistaken,
  Model,
  type Tree,
  type Unary,
  type Value,
  written,
} from './expression-model.ts'
import { compileText, HEAD, relayedBy, startScript } from './script-bus.ts'

const VARIABLES: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['one', 1],
  ['zero', 0],
  ['minus', -3],
  ['large', 2_147_483_647],
  ['small', -2_147_483_648],
  ['empty', ''],
  ['word', 'abc'],
  ['five', '5'],
  ['text', '-3'],
  ['hex', '0x1f'],
  ['blank', ' 7'],
  ['long', '99999999999'],
  ['none', null],
])

const BINARY: readonly Binary[] = [
  ...(['+', '+', '-', '*', '/', 'mod', '<<', '>>', '&', '|', '^'] as const),
  ...(['==', '==', '!=', '<', '<=', '>', '>=', '&&', '||', 'eq', 'ne', 'ieq', 'ine'] as const),
]
const UNARY: readonly Unary[] = ['!', '-', '~', '(int)', '(str)', 'defined', 'strlen', 'strempty']

const leaf: fc.Arbitrary<Tree> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(...VARIABLES.keys()).map((name) => ({ kind: 'variable' as const, name })),
  },
  { weight: 3, arbitrary: fc.constantFrom(0, 1, 2, 5, -3, 31, 2_147_483_647).map(constant) },
  { weight: 2, arbitrary: fc.constantFrom('', '0', '5', 'abc', '0x10').map(constant) },
  { weight: 1, arbitrary: fc.constant({ kind: 'null' as const }) },
)

function constant(value: string | number): Tree {
  return { kind: 'constant', value }
}

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    { weight: 2, arbitrary: leaf },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('unary' as const),
        operator: fc.constantFrom(...UNARY),
        of: tie('tree'),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('binary' as const),
        operator: fc.constantFrom(...BINARY),
        left: tie('tree'),
        right: tie('tree'),
      }),
    },
  ),
}))

const model = new Model(VARIABLES)

function isMistake(expression: Tree): boolean {
  try {
    model.type(expression)
    return false
  } catch (error) {
    if (error instanceof Mistaken) return true
    throw error
  }
}

/** What evaluates, or what stands there when it does not. */
function orFailed<Result>(evaluate: () => Result, otherwise: Result): Result {
  try {
    return evaluate()
  } catch (error) {
    if (error instanceof Failed) return otherwise
    throw error
  }
}

/** As the scripts below show it: what was assigned to a variable that was 99, what one more is, and whether it holds. */
function expected(expression: Tree): string {
  const value = orFailed(() => model.value(expression), 99) ?? 0
  const more = typeof value === 'number' ? (value + 1) | 0 : `${value}1`
  return `${value}|${more}|${orFailed(() => model.integer(expression), 0) > 0 ? 'true' : 'false'}`
}

function assignment([name, value]: readonly [string, Value]): string {
  return value === null ? '' : `$avp(${name}) = ${JSON.stringify(value)};`
}

test('an expression evaluates as the model says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(tree, { minLength: 40, maxLength: 40 }), async (trees) => {
      const right = trees.filter((each) => !isMistake(each))
      const body = right.map(
        (each) =>
          `$var(r) = 99; $var(r) = ${written(each)}; $var(t) = $var(r) + "1"; $var(h) = "false"; if (${written(each)}) $var(h) = "true"; evapi_relay("$var(r)|$var(t)|$var(h)");`,
      )
      await using bus = await startScript(
        `${HEAD}event_route[evapi:message-received] { ${[...VARIABLES].map(assignment).join(' ')} ${body.join('\n')} }`,
      )
      const came = await relayedBy(bus, 'go')
      for (const [position, each] of right.entries()) {
        assert.equal(came[position], expected(each), written(each))
      }
    }),
    { numRuns: 40 },
  )
})

test('an expression whose types do not fit is a mistake, and no other is', () => {
  fc.assert(
    fc.property(tree, (expression) => {
      const { diagnostics } = compileText(`${HEAD}route[X] { $var(x) = ${written(expression)}; }`)
      assert.equal(diagnostics.errors.length > 0, isMistake(expression), written(expression))
    }),
    { numRuns: 1500 },
  )
})
