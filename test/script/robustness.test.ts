// Whatever bytes a file holds: the lexer and the parser never throw, never hang, and say where the mistakes are.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Diagnostics, formatDiagnostic } from '../../src/script/diagnostics.ts'
import { Lexer } from '../../src/script/lexer.ts'
import { printScript } from '../../src/script/printer.ts'
import { parse, shapeOf } from './parse.ts'
import { SCRIPTS } from './scripts.ts'

const bytes = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 200 })
  .map((each) => String.fromCharCode(...each))

/** Pieces of the language in any order. */
const PIECES = [
  ...[
    'route',
    'route[A] {',
    'request_route {',
    'event_route[',
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    ';',
    ',',
    ':',
    '.',
    '/',
  ],
  ...[
    'if',
    'else',
    'while',
    'switch',
    'case',
    'default',
    'break',
    'return',
    'exit',
    'drop',
    'and',
    'or',
    'not',
    'mod',
  ],
  ...[
    '=',
    '==',
    '!=',
    '=~',
    '!~',
    '+',
    '-',
    '*',
    '%',
    '<<',
    '>>',
    '&&',
    '||',
    '!',
    '~',
    '<',
    '+=',
    '^',
    '|',
    '&',
  ],
  ...[
    '1',
    '0x1f',
    '08',
    '99999999999',
    '"a"',
    "'b'",
    '"',
    "'",
    '\\',
    '$',
    '$(',
    '$var(x)',
    '$(var(x){s.len})',
    '@a.b[1]',
  ],
  ...[
    'method',
    'uri',
    'myself',
    'src_ip',
    '10.0.0.1',
    '::1',
    '1.2.3',
    'proto',
    'UDP',
    'msg:len',
    'defined',
    '(int)',
  ],
  ...[
    'loadmodule "a.so"',
    'modparam("a", "b", 1)',
    'listen=',
    'debug=1',
    'a.b=1',
    'flags A:1',
    'strlen(',
    'f(',
  ],
  ...[
    '#',
    '//',
    '/*',
    '*/',
    '\n',
    '\r\n',
    '#!define A B\n',
    '#!define B A\n',
    '#!ifdef A\n',
    '#!else\n',
    '#!endif\n',
  ],
  ...[
    '#!subst "/a/b/"',
    '#!substdef "!A!1!"',
    '#!ifexp 1 +\n',
    'include_file "a.cfg"',
    'import_file "x.cfg"',
    '!!define',
  ],
  ...['\x00', '\xff', 'A', 'B', 'xyz', '#!defexp C (A + 1\n', '#!defenv\n', 'advertise', 'desc "d"', ' '],
]
const pieces = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 })

/** One or a few changes to a script of somebody. */
const mutated = fc
  .record({
    text: fc.constantFrom(...Object.values(SCRIPTS)),
    changes: fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        removed: fc.integer({ min: 0, max: 30 }),
        added: fc.oneof(fc.constant(''), fc.constantFrom(...PIECES), bytes),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  })
  .map(({ text, changes }) =>
    changes.reduce((changed, { at, removed, added }) => {
      const from = Math.floor(at * changed.length)
      return changed.slice(0, from) + added + changed.slice(from + removed)
    }, text),
  )

/** Parses, and holds what was said against the text. */
function survives(text: string): void {
  const { script, diagnostics } = parse(text, { files: { 'a.cfg': text } })
  for (const diagnostic of diagnostics.list) {
    const { place } = diagnostic
    const line = place.file.text.split('\n')[place.line - 1]
    assert.ok(line !== undefined, 'a line that is not there')
    assert.ok(place.column >= 1 && place.column <= line.length + 1, 'a column that is not there')
    assert.ok(place.length >= 1)
    formatDiagnostic(diagnostic)
  }
  // What was read without a mistake can be printed, and is read again.
  if (diagnostics.errors.length === 0)
    assert.deepEqual(shapeOf(parse(printScript(script)).script), shapeOf(script))
}

describe('whatever a file says', () => {
  test('random bytes do not make the parser throw', () => {
    fc.assert(fc.property(bytes, survives), { numRuns: 1000 })
  })

  test('pieces of the language in any order do not either', () => {
    fc.assert(
      fc.property(pieces, fc.constantFrom('', ' '), (list, between) => survives(list.join(between))),
      { numRuns: 1500 },
    )
  })

  test('scripts that were changed at random do not either', () => {
    fc.assert(fc.property(mutated, survives), { numRuns: 500 })
  })

  test('scripts that were cut off anywhere do not either', () => {
    for (const text of Object.values(SCRIPTS))
      for (let end = 0; end < text.length; end += 7) survives(text.slice(0, end))
  })

  test('each byte of a text is part of one token, of a blank or of a comment', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        const diagnostics = new Diagnostics()
        const lexer = new Lexer({ name: 'a.cfg', text }, diagnostics)
        let count = 0
        for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next()) {
          assert.ok(++count <= text.length, 'more tokens than bytes')
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('what is nested too deeply is refused', () => {
  const DEEP = 100_000
  for (const [what, text] of [
    ['brackets', `route { $var(x) = ${'('.repeat(DEEP)}1${')'.repeat(DEEP)}; f(1 2); }`],
    ['operators with one operand', `route { $var(x) = ${'!'.repeat(DEEP)}1; f(1 2); }`],
    ['casts', `route { $var(x) = ${'(int)'.repeat(DEEP)}1; f(1 2); }`],
    ['calls', `route { ${'f('.repeat(DEEP)}${')'.repeat(DEEP)}; f(1 2); }`],
    ['ifs', `route { ${'if (1) '.repeat(DEEP)} exit; f(1 2); }`],
    ['blocks', `route { ${'if (1) { '.repeat(DEEP)} exit; ${'} '.repeat(DEEP)} f(1 2); }`],
    ['switches', `route { ${'switch (1) { case 1: '.repeat(DEEP)} exit; ${'} '.repeat(DEEP)} f(1 2); }`],
    ['else if', `route { ${'if (1) exit; else '.repeat(DEEP)} exit; f(1 2); }`],
    ['sums', `route { $var(x) = ${'1 + '.repeat(DEEP)}1; f(1 2); }`],
    ['powers of two', `route { $var(x) = ${'1 << 2 + '.repeat(DEEP)}1; f(1 2); }`],
    ['conditions', `route { exit; }\n#!ifexp ${'('.repeat(DEEP)}1\n#!endif\nroute { f(1 2); }`],
  ] as const) {
    test(`${what}, in one message, and what follows is still read`, () => {
      const { messages } = parse(text)
      assert.equal(messages.length, 2, messages.slice(0, 5).join('\n'))
      assert.match(messages[0] ?? '', /nested|follow one another/)
      assert.match(messages[1] ?? '', /found 2, expected , or \) in the arguments of f/)
    })
  }

  test('what people write is not', () => {
    const { messages } = parse(`route {
      $var(x) = ${'"a" + '.repeat(499)}"b";
      $var(x) = ${'('.repeat(100)}1${')'.repeat(100)};
      ${'if ($var(x) == 1) { exit; } else '.repeat(499)} exit;
      ${'if (1) { '.repeat(100)} exit; ${'} '.repeat(100)}
    }`)
    assert.deepEqual(messages, [])
  })
})

describe('the time that parsing takes grows with the text and no faster', () => {
  const SIZE = 300_000
  const filled = (piece: string) => piece.repeat(Math.ceil(SIZE / piece.length))
  for (const [what, text] of [
    ['strings that are not closed', filled('"\\"\n')],
    ['variables that are not closed, in one line', filled('$a(')],
    ['comments that are not closed', filled('/* ')],
    ['single quotes', filled("'a\n'")],
    ['blocks that are not closed', filled('route { if (1) {\n')],
    ['blocks that are closed too often', filled('}\n')],
    ['colons and digits', filled('a:1:')],
    ['dots', `listen=${filled('a.')}`],
    ['selects', `route { $var(x) = ${filled('@a.b[1].c')}`],
    ['defines', filled('#!define A B\n')],
    ['conditions', filled('#!ifdef A\n')],
    ['a line that goes on', `#!define A ${filled('\\\n')}`],
    ['strange bytes', filled('\x00\xff ')],
    ['a long string', `route { f("${filled('a\\n')}"); }`],
    ['labels', `route { switch (1) { ${filled('case ')}`],
    ['settings', filled('a=1\n')],
    ['mistakes', `route { ${filled('f(1 2);\n')} }`],
    ['square brackets', filled('event_route[')],
    ['addresses', `alias=${filled('a ')}`],
    ['elses', `route { ${filled('else ')} }`],
  ] as const) {
    // A quadratic one would take minutes: the limit is only there to end it.
    test(what, { timeout: 30_000 }, () => {
      parse(text)
    })
  }
})
