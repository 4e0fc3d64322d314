// What the parser makes of expressions. The trees of operators are what Kamailio's results say: each pair was evaluated by it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Expression } from '../../src/script/ast.ts'
import { expressionOf, parse, shapeOf } from './parse.ts'

/** An expression with all its brackets. */
function bracketed(expression: Expression): string {
  switch (expression.kind) {
    case 'binary':
      return `(${bracketed(expression.left)} ${expression.operator} ${bracketed(expression.right)})`
    case 'unary':
      return `(${expression.operator} ${bracketed(expression.operand)})`
    case 'number':
      return String(expression.value)
    case 'string':
      return JSON.stringify(expression.value)
    case 'variable':
      return expression.source
    case 'select':
      return `@${expression.source}`
    case 'core':
      return expression.name
    case 'word':
      return `'${expression.value}'`
    case 'call':
      return `${expression.name}(${expression.args.map(bracketed).join(', ')})`
    case 'route-call':
      return `route(${bracketed(expression.route)})`
    case 'assignment':
      return `(${expression.target.source} = ${bracketed(expression.value)})`
  }
}

function groups(cases: Readonly<Record<string, string>>): void {
  for (const [written, expected] of Object.entries(cases)) {
    test(`${written} is ${expected}`, () => assert.equal(bracketed(expressionOf(written)), expected))
  }
}

function refuses(cases: Readonly<Record<string, string>>): void {
  for (const [written, expected] of Object.entries(cases)) {
    test(`${written} is refused: ${expected}`, () => {
      const { messages } = parse(`route { $var(x) = ${written}; }`)
      assert.deepEqual(
        messages.map((each) => each.replace(/^a\.cfg:1:/, '')),
        [expected],
      )
    })
  }
}

describe('precedence', () => {
  groups({
    '1 + 2 * 3': '(1 + (2 * 3))',
    '10 - 3 - 2': '((10 - 3) - 2)',
    '20 / 5 / 2': '((20 / 5) / 2)',
    '2 * 3 mod 4': '((2 * 3) % 4)',
    '7 % 4 * 2': '((7 % 4) * 2)',
    '1 << 2 + 1': '(1 << (2 + 1))',
    '1 << 3 >> 1': '(1 << (3 >> 1))',
    '8 >> 1 << 1': '((8 >> 1) << 1)',
    '1 << 2 << 3': '((1 << 2) << 3)',
    '4 == 1 << 2': '((4 == 1) << 2)',
    '3 == 3 & 2': '((3 == 3) & 2)',
    '6 & 3 ^ 1': '(6 & (3 ^ 1))',
    '1 ^ 3 & 2': '((1 ^ 3) & 2)',
    '1 | 6 & 3': '(1 | (6 & 3))',
    '1 == 1 < 2': '(1 == (1 < 2))',
    '3 > 2 > 1': '((3 > 2) > 1)',
    '1 == 2 == 0': '((1 == 2) == 0)',
    '1 ieq 2 == 0': '((1 ieq 2) == 0)',
    '"a" eq "b" + "c"': '("a" eq ("b" + "c"))',
    '"a" ne "b"': '("a" ne "b")',
    '1 ine 2 < 3': '(1 ine (2 < 3))',
    '0 || 1 && 0': '(0 || (1 && 0))',
    '0 or 1 and 0 or 1': '((0 || (1 && 0)) || 1)',
    '1 && 2 | 4': '(1 && (2 | 4))',
    '$var(s) =~ "^a" && 1': '(($var(s) =~ "^a") && 1)',
    '"a" + 1 + 2': '(("a" + 1) + 2)',
    '(1 + 2) * 3': '((1 + 2) * 3)',
    '((2))': '2',
  })
})

describe('operators with one operand bind tightest', () => {
  groups({
    '!0 == 1': '((! 0) == 1)',
    'not $var(n) == 5': '((! $var(n)) == 5)',
    '-2 + 3': '((- 2) + 3)',
    '2 - -3': '(2 - (- 3))',
    '~1 + 2': '((~ 1) + 2)',
    '!~5': '(! (~ 5))',
    '--5': '(- (- 5))',
    '!!5': '(! (! 5))',
    '!!defined $var(n)': '(! (! (defined $var(n))))',
    'defined $var(n) + 5': '((defined $var(n)) + 5)',
    'defined($var(n) + 1)': '(defined ($var(n) + 1))',
    'strlen($var(s) + "a") + 1': '((strlen ($var(s) + "a")) + 1)',
    'strempty("") + 1': '((strempty "") + 1)',
    '(int)"5" + 1': '((int "5") + 1)',
    '(str)5 + 1': '((str 5) + 1)',
    '-(int)"5" + 1': '((- (int "5")) + 1)',
    '(int)-5': '(int (- 5))',
  })
})

describe('operands', () => {
  groups({
    '0x1F': '31',
    '017': '15',
    '0': '0',
    '2147483648': '-2147483648',
    '4294967295': '-1',
    yes: '1',
    off: '0',
    '$fU-1': '($fU - 1)',
    '$(var(s){s.substr,0,1}{s.len})': '$(var(s){s.substr,0,1}{s.len})',
    '$var(a$var(n))': '$var(a$var(n))',
    '$?': '$?',
    '@msg.header.x[1] + "a"': '(@msg.header.x[1] + "a")',
    '@hf["x"].y': '@hf["x"].y',
    'is_method("INVITE") && 1': '(is_method("INVITE") && 1)',
    'f(1 + 2, $var(x), "a" "b")': 'f((1 + 2), $var(x), "ab")',
    'f(, "x")': 'f("", "x")',
    'f()': 'f()',
    'route(X)': "route('X')",
    'route("X" + $var(n))': 'route(("X" + $var(n)))',
    'route(1)': 'route(1)',
    '($var(y) = 1) || 2': '(($var(y) = 1) || 2)',
  })
})

describe('what the core language has names for', () => {
  groups({
    'method == INVITE || method == "ACK"': '((method == \'INVITE\') || (method == "ACK"))',
    '!method == "INVITE"': '(! (method == "INVITE"))',
    'method =~ "INV" + "ITE"': '(method =~ ("INV" + "ITE"))',
    'uri == myself && 1': '((uri == myself) && 1)',
    'myself != from_uri': '(myself != from_uri)',
    'uri == $var(s)': '(uri == $var(s))',
    'src_ip == 10.0.0.0/8': "(src_ip == '10.0.0.0/8')",
    'src_ip == 10.0.0.0/255.0.0.0 && 1': "((src_ip == '10.0.0.0/255.0.0.0') && 1)",
    'src_ip == ::1 || dst_ip == [fe80::1]/64': "((src_ip == '::1') || (dst_ip == '[fe80::1]/64'))",
    'src_ip == my-host.example.com': "(src_ip == 'my-host.example.com')",
    'src_ip == "10.0.0.1"': '(src_ip == "10.0.0.1")',
    'src_ip == $var(s)': '(src_ip == $var(s))',
    'src_port == 1 + 2': '(src_port == (1 + 2))',
    'proto == UDP || proto == "tcp"': '((proto == \'UDP\') || (proto == "tcp"))',
    'msg:len >= 100': '(msg:len >= 100)',
    'af == INET6': '(af == 10)',
    'status == 200': '(status == 200)',
  })
  refuses({
    uri: '22: found ;, expected ==, !=, =~, !~, eq or ne after uri',
    'status > 200': '26: found >, expected ==, !=, =~, !~, eq or ne after status',
    'src_port =~ "5"': '28: found =~, expected ==, !=, <, <=, > or >= after src_port',
    '"INVITE" == method': '37: found ;, expected ==, !=, =~, !~, eq or ne after method',
    'src_ip == 1.2.3': '29: 1.2.3 is no IPv4 address',
    'proto == FOO': '28: found FOO, expected UDP, TCP, TLS, SCTP, WS or WSS',
    'proto == UDPP': '28: found UDPP, expected UDP, TCP, TLS, SCTP, WS or WSS; did you mean UDP?',
    myself: '25: found ;, expected == or != after myself',
  })
})

describe('mistakes in expressions', () => {
  refuses({
    '1 +': '22: found ;, expected an expression',
    '(1': '21: found ;, expected ) for the ( in line 1, column 19',
    '1)': '20: found ), expected ;; no ( is open',
    foo: '19: foo means nothing here: it is neither defined nor called; write foo() to call it, "foo" for a text',
    metod: '19: metod means nothing here: it is neither defined nor called; did you mean method?',
    'f("a",)': '25: found ), expected an expression',
    'f("a" 1)': '25: found 1, expected , or ) in the arguments of f',
    '1.2.3.4': '19: found 1, expected an expression; write an address between " and "',
    '12abc': '19: found 12abc, expected an expression',
    '08': '19: found 08, expected an expression',
    '$var(y) = 1': '27: found =, expected ;',
    exit: '19: found exit, expected an expression',
    '$var(y': '19: the bracket of $var( is not closed in this line',
  })

  test('a number that does not fit in 32 bits is cut, with a warning', () => {
    const { messages } = parse('route { $var(x) = 99999999999; }')
    assert.deepEqual(messages, ['a.cfg:1:19: 99999999999 does not fit in 32 bits: it is 1215752191'])
  })

  test('an assignment in brackets is an expression, with a warning', () => {
    const { messages } = parse('route { if ($var(x) = 1) exit; }')
    assert.deepEqual(messages, ['a.cfg:1:21: this = assigns; == compares'])
  })
})

describe('strings', () => {
  for (const [written, expected] of [
    [String.raw`"a\nb\tc\rd\ae\\f\"g"`, 'a\nb\tc\rd\x07e\\f"g'],
    [String.raw`"\'\b\e\?\$\X41\8\1\x\xg"`, String.raw`\'\b\e\?\$\X41\8\1\x\xg`],
    [String.raw`"\12\123\1234\777\01\x1\x123"`, '\nSS4\xff\x01\x01\x123'],
    [String.raw`'a\nb"c\'`, 'a\\nb"c\\'],
    ['"a" "b"\n  "c"', 'abc'],
    ['"a\nb"', 'a\nb'],
    ['"\xe9\xff"', '\xe9\xff'],
    ['""', ''],
  ] as const) {
    test(`${JSON.stringify(written)} says ${JSON.stringify(expected)}`, () => {
      assert.equal((shapeOf(expressionOf(written)) as { value: string }).value, expected)
    })
  }

  test('know where each of their characters was written', () => {
    const literal = expressionOf('"a\\nb"\n "\\x41c"')
    assert.equal(literal.kind, 'string')
    if (literal.kind !== 'string') return
    assert.equal(literal.value, 'a\nbAc')
    const places = Array.from(literal.value, (_, offset) => {
      const { line, column } = literal.placeOf(offset)
      return `${line}:${column}`
    })
    // request_route { $var(x) = "a\nb"
    assert.deepEqual(places, ['1:28', '1:29', '1:31', '2:3', '2:7'])
  })
})
