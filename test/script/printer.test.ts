// Printing and parsing undo each other: for every tree that the parser can make, and for scripts of people.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { printScript } from '../../src/script/printer.ts'
import { parse, shapeOf } from './parse.ts'
import { SCRIPTS } from './scripts.ts'
import { script } from './trees.ts'

describe('the printer', () => {
  test('prints every tree so that parsing gives it again', () => {
    fc.assert(
      fc.property(script, (tree) => {
        const text = printScript(tree)
        const { script: again, diagnostics, messages } = parse(text)
        assert.deepEqual(diagnostics.errors, [], `${messages.join('\n')}\n${text}`)
        assert.deepEqual(shapeOf(again), shapeOf(tree), text)
        assert.equal(printScript(again), text)
      }),
      { numRuns: 500 },
    )
  })

  for (const [name, text] of Object.entries(SCRIPTS)) {
    test(`prints ${name} so that parsing gives its tree again`, () => {
      const { script: tree, diagnostics, messages } = parse(text)
      assert.deepEqual(diagnostics.errors, [], messages.join('\n'))
      const { script: again } = parse(printScript(tree))
      assert.deepEqual(shapeOf(again), shapeOf(tree))
    })
  }

  test('keeps an else with its if by braces', () => {
    const place = { file: { name: '', text: '' }, line: 1, column: 1, length: 1 }
    const exit = { kind: 'exit', value: undefined, place } as const
    const one = { kind: 'number', value: 1, place } as const
    const base = { kind: 'if', condition: one, place } as const
    const inner = (then: typeof exit) => ({ ...base, then, otherwise: undefined })
    const outer = (then: ReturnType<typeof inner>) => ({ ...base, then, otherwise: exit })
    const body = { kind: 'block', statements: [outer(inner(exit))], place } as const
    const text = printScript({
      items: [{ kind: 'route', route: 'request_route', name: undefined, body, place }],
    })
    assert.equal(text, '\nrequest_route {\n  if (1) {\n    if (1)\n      exit;\n  }\n  else\n    exit;\n}\n')
  })
})
