// What the preprocessor does: defines, conditions, substitutions, files. What is expected was asked of Kamailio 5.6.3, but for #!ifexp and
// #!defexp, which later ones have.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatDiagnostic } from '../../src/script/diagnostics.ts'
import { printScript } from '../../src/script/printer.ts'
import { parse, parsed, type Surroundings, statementsOf } from './parse.ts'

/** What stands in the request_route, in one line. */
function body(text: string, surroundings?: Surroundings): string {
  const printed = printScript(parsed(text, surroundings)).replace(/\s+/g, ' ').trim()
  return printed.replace(/^request_route \{ (.*) \}$/, '$1')
}

describe('defines', () => {
  for (const [what, text, expected] of [
    ['a number', '#!define A 5\nroute { f(A); }', 'f(5);'],
    ['nothing', '#!define A\nroute { exit A; }', 'exit;'],
    ['a define', '#!define A B\n#!define B 5\nroute { f(A); }', 'f(5);'],
    ['statements', '#!define A f("x"); \\\n  g(1)\nroute { A; }', 'f("x"); g(1);'],
    ['an operator', '#!define EQ ==\nroute { return 1 EQ 2; }', 'return 1 == 2;'],
    ['a variable', '#!define V $var(x)\nroute { V = 1; }', '$var(x) = 1;'],
    ['half a condition', '#!define C if (1\nroute { C) exit; }', 'if (1) exit;'],
    ['a string over two lines', '#!define S "a\\\nb"\nroute { f(S); }', 'f("ab");'],
    ['a comment, which ends with it', '#!define A 5 # five\nroute { f(A); }', 'f(5);'],
    ['what stands in the same line', 'route { exit; #!define A 5\nf(A); }', 'exit; f(5);'],
    ['an indented one', '  #!define A 5\nroute { f(A); }', 'f(5);'],
    ['the spelling with two !', '!!define A 5\nroute { f(A); }', 'f(5);'],
    ['tabs', '#!define\tA\t5\nroute { f(A); }', 'f(5);'],
    ['lines that end in CR LF', '#!define A 5\r\nroute { f(A); }\r\n', 'f(5);'],
    ['#!def', '#!def A 5\nroute { f(A); }', 'f(5);'],
    ['#!trydefine of a new name', '#!trydefine A 5\nroute { f(A); }', 'f(5);'],
    ['#!trydef of an old name', '#!define A 5\n#!trydef A 6\nroute { f(A); }', 'f(5);'],
    ['#!redefine of an old name', '#!define A 5\nroute { f(A); \n#!redefine A 6\nf(A); }', 'f(5); f(6);'],
    ['#!redef of a new name', '#!redef A 5\nroute { f(A); }', 'f(5);'],
    ['words only, not parts of them', '#!define A 5\nroute { f(AB + xA()); f("A $var(A)"); }', undefined],
    ['nothing in strings', '#!define A 5\nroute { f("A"); f(\'A\'); }', 'f("A"); f(\'A\');'],
    ['nothing in variables', '#!define A 5\nroute { f($var(A)); }', 'f($var(A));'],
    [
      'no keyword',
      '#!define exit drop\n#!define method uri\nroute { if (method == INVITE) exit; }',
      'if (method == INVITE) exit;',
    ],
    ['a method', '#!define INVITE "A"\nroute { if (method == INVITE) exit; }', 'if (method == "A") exit;'],
    ['the name of a route', '#!define A 5\nroute { route(A); }', 'route(5);'],
    ['names of globals', '#!define a b\na.c=1', 'b.c=1'],
    ['what is no directive', '# !define A 5\n#! define A 6\nroute { exit; }', 'exit;'],
  ] as const) {
    test(`stand for ${what}`, () => {
      if (expected === undefined) assert.notDeepEqual(parse(text).diagnostics.errors, [])
      else assert.equal(body(text), expected)
    })
  }

  test('in the name of an event are left alone', () => {
    const [route] = parsed('#!define tm x\nevent_route[tm:local-request] { exit; }').items
    assert.equal(route?.kind === 'route' && route.name, 'tm:local-request')
  })

  test('come from the command line', () => {
    const defines = [
      { name: 'A', value: '5' },
      { name: 'B', value: undefined },
    ]
    assert.equal(body('route { f(A);\n#!ifdef B\nexit;\n#!endif\n}', { defines }), 'f(5); exit;')
  })

  test('come from the environment', () => {
    process.env['EVAPID_TEST'] = 'a "b" \\'
    try {
      const text =
        '#!defenvs EVAPID_TEST\n#!trydefenv EVAPID_NOT_SET\n#!defenvs T=EVAPID_TEST\nroute { f(EVAPID_TEST); f(T); }'
      assert.equal(body(text), String.raw`f("a \"b\" \\"); f("a \"b\" \\");`)
    } finally {
      delete process.env['EVAPID_TEST']
    }
  })

  test('say which Kamailio this is, and which modules are loaded', () => {
    for (const name of ['KAMAILIO', 'KAMAILIO_5', 'KAMAILIO_5_6', 'KAMAILIO_5_6_3']) {
      assert.equal(body(`#!ifdef ${name}\nroute { exit; }\n#!endif`), 'exit;')
    }
    const loads = 'loadmodule "pv.so"\nloadmodule "/a/b/tm.so"\nloadmodule "sl"\n'
    const asks = ['pv', 'tm', 'sl', 'xlog']
      .map((each) => `#!ifdef MOD_${each}\n${each}.x=1\n#!endif\n`)
      .join('')
    assert.equal(body(asks + loads), 'loadmodule "pv.so" loadmodule "/a/b/tm.so" loadmodule "sl"')
    assert.match(body(loads + asks), / pv\.x=1 tm\.x=1 sl\.x=1$/)
  })

  test('place what came out of them where their name stands, and know where it was written', () => {
    const text = '#!define SAY f("x") + \\\n  oops\nroute {\n  return SAY;\n}'
    const [mistake] = parse(text).diagnostics.list
    assert.ok(mistake !== undefined)
    assert.equal(
      formatDiagnostic(mistake),
      `a.cfg:4:10: error: oops means nothing here: it is neither defined nor called; write oops() to call it, "oops" for a text
      return SAY;
             ^^^
    in the value of SAY, at a.cfg:2:3`,
    )
  })

  test('know that too of the characters of a string', () => {
    const [statement] = statementsOf('\n#!define S "abc"\nf(S);')
    if (statement?.kind !== 'expression' || statement.expression.kind !== 'call') throw new Error('no call')
    const [literal] = statement.expression.args
    if (literal?.kind !== 'string') throw new Error('no string')
    const { line, column, definition } = literal.placeOf(2)
    assert.deepEqual([line, column, definition?.name], [3, 3, 'S'])
    assert.deepEqual([definition?.place?.line, definition?.place?.column], [2, 15])
  })

  for (const [what, text, expected] of [
    [
      'a name twice',
      '#!define A 1\n#!define A 2',
      [
        'a.cfg:2:1: A is defined already at a.cfg:1; #!redefine A gives it another value, #!trydefine leaves the one that it has',
      ],
    ],
    [
      'no name',
      '#!define\n#!trydef ',
      [
        'a.cfg:1:1: #!define takes a name; a name is letters, digits and _',
        'a.cfg:2:1: #!trydef takes a name; a name is letters, digits and _',
      ],
    ],
    [
      'a name that is none',
      '#!define a-b 1\n#!define A=1',
      [
        'a.cfg:1:1: a-b is no name for #!define; a name is letters, digits and _',
        'a.cfg:2:1: A=1 is no name for #!define; write #!define A 1',
      ],
    ],
    [
      'a loop',
      '#!define A B\n#!define B A\nroute { f(A); exit; }',
      ['a.cfg:3:11: A is defined in terms of itself'],
    ],
    [
      'a variable that the environment has not',
      '#!defenv EVAPID_NOT_SET',
      ['a.cfg:1:1: there is no environment variable EVAPID_NOT_SET; #!trydefenv does without it'],
    ],
    [
      'an unclosed string in a value',
      '#!define A "x\nroute { f(A); }',
      [
        'a.cfg:2:11: this string is never closed; write " where it ends, or see whether a " is missing before it',
      ],
    ],
    [
      'a directive that there is not',
      '#!defien A 1\nroute { exit; }',
      ['a.cfg:1:1: #!defien is no directive: the line is a comment'],
    ],
  ] as const) {
    test(`are refused with ${what}`, () => assert.deepEqual(parse(text).messages, expected))
  }

  test('that grow without bounds are cut', () => {
    const lines = Array.from({ length: 40 }, (_, at) => `#!define A${at} A${at + 1} A${at + 1}`)
    const { messages } = parse(`${lines.join('\n')}\nroute { A0 }`)
    assert.ok(messages.some((each) => /defines come to more than 1000000 words/.test(each)))
  })
})

describe('conditions', () => {
  for (const [what, text, expected] of [
    ['#!ifdef', '#!ifdef A\nf();\n#!endif', ''],
    ['#!ifdef with #!else', '#!ifdef A\nf();\n#!else\ng();\n#!endif', 'g();'],
    ['#!ifndef', '#!ifndef A\nf();\n#!else\ng();\n#!endif', 'f();'],
    [
      'nested ones',
      '#!ifdef A\n#!ifdef B\n#!else\n{{{\n#!endif\n#!else\n#!ifndef B\nf();\n#!endif\n#!endif',
      'f();',
    ],
    ['what is left out need not be a script', '#!ifdef A\n"unclosed /* it\'s }}\n#!endif\nf();', 'f();'],
    ['a directive after other text', '#!ifdef A\nfoo #!endif\nf();', 'f();'],
    ['a directive in a comment', '/*\n#!ifdef A\n*/\n# #!ifdef A\nf();', 'f();'],
    ['comments after directives', '#!ifdef A # a\n#!else // b\nf();\n#!endif /* c */', 'f();'],
    ['the spelling with two !', '!!ifdef A\n!!else\nf();\n!!endif', 'f();'],
    ['a second #!else, which turns it round', '#!ifdef A\n#!else\nf();\n#!else\ng();\n#!endif', 'f();'],
    ['an #!else alone, which is passed over', 'f();\n#!else\ng();', 'f(); g();'],
  ] as const) {
    test(`${what}`, () => assert.equal(body(`route { exit;\n${text}\n}`), `exit; ${expected}`.trim()))
  }

  for (const [condition, holds] of [
    ['KAMAILIO_VERSION >= 5006000', true],
    ['KAMAILIO_VERSION >= 5007000', false],
    ['A', false],
    ['!A', true],
    ['FIVE == 5 && NAME == "x y"', true],
    ['FIVE + 1 * 2 == 7', true],
    ['FIVE & 1 == 1', true],
    ['(FIVE - 5) || EMPTY', true],
    ['-FIVE < ~0', true],
    ['WORD == "word"', true],
    ['"a" + 1 == "a1"', true],
    ['FIVE % 3 == 2 && 7 / 2 > 3', true],
    ['1 << 3 == 8 && 8 >> 3', true],
    ['FIVE ^ 4', true],
    ['LOOP', false],
  ] as const) {
    test(`#!ifexp ${condition} ${holds ? 'holds' : 'does not hold'}`, () => {
      const defines =
        '#!define FIVE 5\n#!define NAME "x y"\n#!define EMPTY\n#!define WORD word\n#!define LOOP LOOP\n'
      const text = `${defines}route {\n#!ifexp ${condition}\ng();\n#!else\nf();\n#!endif\n}`
      const { script } = parse(text)
      assert.match(printScript(script), holds ? /g\(\)/ : /f\(\)/)
    })
  }

  test('#!defexp and #!defexps calculate', () => {
    const text = '#!define A 2\n#!defexp B A * 3 + 1\n#!defexps C "x" + B\nroute { f(B); f(C); }'
    assert.equal(body(text), 'f(7); f("x7");')
  })

  for (const [what, text, expected] of [
    [
      'an open #!ifdef',
      'route { exit; }\n#!ifdef A\n#!ifndef B',
      ['a.cfg:2:1: this #!ifdef is never ended; write #!endif where it ends'],
    ],
    ['an #!endif too many', '#!endif', ['a.cfg:1:1: an #!endif without an #!ifdef before it']],
    ['no name', '#!ifdef\n#!endif', ['a.cfg:1:1: #!ifdef takes one name']],
    ['two names', '#!ifdef A B\n#!endif', ['a.cfg:1:1: #!ifdef takes one name']],
    [
      'text after #!else',
      '#!ifdef A\n#!else foo\n#!endif',
      ['a.cfg:2:1: nothing may stand after #!else in its line'],
    ],
    ['half an expression', '#!ifexp 1 +\n#!endif', ['a.cfg:1:12: a value is missing']],
    [
      'an expression that is none',
      '#!ifexp 1 2\n#!endif\n#!ifexp (1\n#!endif',
      ['a.cfg:1:11: found 2, expected an operator', 'a.cfg:3:11: a ) is missing'],
    ],
  ] as const) {
    test(`${what} is refused`, () => assert.deepEqual(parse(text).messages, expected))
  }
})

describe('substitutions', () => {
  for (const [substitution, text, expected] of [
    ['"/a/b/"', '"a a"', '"b a"'],
    ['"/a/b/g"', '"a a"', '"b b"'],
    ['"!a!b!gi"', "'A a'", "'b b'"],
    ['"/x([0-9]+)y/<\\\\1\\\\2>/g"', '"x12y x3y"', '"<12> <3>"'],
    ['"/a/x\\\\ny/"', '"a"', '"x\\ny"'],
    ['"|a/b|c|"', '"a/b"', '"c"'],
    ['"/a\\\\/b/c/"', '"a/b"', '"c"'],
    ['"/^b/B/g"', '"a\\nb"', '"a\\nB"'],
    ['"/a.b/X/"', '"a\\nb a b"', '"a\\nb X"'],
    ['"/q*/-/g"', '"aqqb"', '"aqqb"'],
    ["'/a/b/'", '"a"', '"b"'],
  ] as const) {
    test(`#!subst ${substitution} makes ${text} ${expected}`, () => {
      assert.equal(body(`#!subst ${substitution}\nroute { f(${text}); }`), `f(${expected});`)
    })
  }

  test('reach strings only; #!substdef defines the name too, #!substdefs as a string', () => {
    const text =
      '#!subst "/A/a/g"\n#!substdef "!B!5!g"\n#!substdefs "!C!x y!g"\nroute { f("ABC", B, C, A()); }'
    assert.equal(body(text), 'f("a5x y", 5, "x y", A());')
  })

  test('a string that was changed has one place', () => {
    const [statement] = statementsOf('\n#!subst "/a/b/"\nf("xa");')
    if (statement?.kind !== 'expression' || statement.expression.kind !== 'call') throw new Error('no call')
    const [literal] = statement.expression.args
    assert.equal(literal?.kind === 'string' && literal.placeOf(1).column, 3)
  })

  for (const [what, text, expected] of [
    ['two slashes', '#!subst "/a/b"', ['a.cfg:1:9: there must be three /: /expression/replacement/flags']],
    [
      'no string',
      '#!subst /a/b/\ndebug=1',
      [
        'a.cfg:1:1: #!subst takes a string, "/expression/replacement/flags"',
        'a.cfg:1:9: found /, expected a parameter, loadmodule, modparam or a route',
      ],
    ],
    [
      'an unknown flag',
      '#!subst "/a/b/x"',
      ['a.cfg:1:9: x is no flag of a substitution; there are g, i, m and s'],
    ],
    [
      'a name that is defined',
      '#!define A 1\n#!substdef "!A!2!"',
      [
        'a.cfg:2:1: A is defined already at a.cfg:1; #!redefine A gives it another value, #!trydefine leaves the one that it has',
      ],
    ],
    ['nothing', '#!subst', ['a.cfg:1:1: #!subst takes a string, "/expression/replacement/flags"']],
  ] as const) {
    test(`are refused with ${what}`, () => assert.deepEqual(parse(text).messages, expected))
  }

  test('are refused with an expression that is none', () => {
    assert.match(parse('#!subst "/(a/b/"').messages.join(), /^a\.cfg:1:9: in the expression \(a: /)
  })
})

describe('files', () => {
  test('are included where they are named, with any spelling', () => {
    const files = { 'x.cfg': 'f();\n#!define A 5\n', 'y.cfg': 'g(A);' }
    const text =
      'route { include_file "x.cfg" import_file "y.cfg"\n#!include_file "y.cfg"\n!!import_file "y.cfg"\n}'
    assert.equal(body(text, { files }), 'f(); g(5); g(5); g(5);')
  })

  test('are looked for as they are named, then beside the file that includes them', () => {
    const files = {
      'etc/sub/x.cfg': 'include_file "y.cfg"\ninclude_file "z.cfg"',
      'y.cfg': 'f("first");',
      'etc/sub/y.cfg': 'f("second");',
      'etc/sub/z.cfg': 'g();',
    }
    const text = 'route { include_file "sub/x.cfg"\n}'
    assert.equal(body(text, { files, name: 'etc/a.cfg' }), 'f("first"); g();')
  })

  test('that are not there matter to include_file only', () => {
    const text = 'import_file "x.cfg"\ninclude_file "x.cfg"\nroute { exit; }'
    assert.deepEqual(parse(text).messages, [
      'a.cfg:2:14: cannot read x.cfg; import_file does without a file that is not there',
    ])
  })

  test('have places of their own', () => {
    const files = { 'x.cfg': '\n  oops;\n', 'y.cfg': 'oops 2' }
    const { messages } = parse('route {\ninclude_file "x.cfg"\n foo;\n}\ninclude_file "y.cfg"', { files })
    assert.deepEqual(
      messages.map((each) => each.split(': ')[0]),
      ['x.cfg:2:3', 'a.cfg:3:2', 'y.cfg:1:6'],
    )
  })

  test('that include themselves are refused', () => {
    const files = { 'x.cfg': 'include_file "y.cfg"', 'y.cfg': 'include_file "x.cfg"' }
    assert.deepEqual(parse('include_file "x.cfg"\nroute { exit; }', { files }).messages, [
      'y.cfg:1:14: x.cfg includes itself',
    ])
  })

  test('are included ten deep and no deeper', () => {
    const files = Object.fromEntries(
      Array.from({ length: 12 }, (_, at) => [`${at}.cfg`, `include_file "${at + 1}.cfg"\nx.y${at}=1`]),
    )
    assert.deepEqual(parse('include_file "0.cfg"\nroute { exit; }', { files }).messages, [
      '9.cfg:1:14: files are included more than 10 deep; 7.cfg includes 8.cfg includes 9.cfg includes 10.cfg',
    ])
  })

  test('end their conditions themselves', () => {
    const files = { 'x.cfg': '#!ifdef A\nfoo' }
    assert.deepEqual(parse('include_file "x.cfg"\nroute { exit; }', { files }).messages, [
      'x.cfg:1:1: this #!ifdef is never ended; write #!endif where it ends',
    ])
  })

  test('are named between quotes', () => {
    assert.deepEqual(parse('import_file x.cfg\nimport_file \'x.cfg\'\nimport_file "x.cfg";').messages, [
      'a.cfg:1:13: import_file takes the name of a file between " and "',
      'a.cfg:2:13: import_file takes the name of a file between " and "',
      'a.cfg:3:13: import_file takes the name of a file between " and "',
    ])
  })
})
