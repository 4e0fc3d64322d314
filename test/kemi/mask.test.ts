// What of a script is code: strings, comments and regular expressions are not.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { maskCode } from '../../src/kemi/mask.ts'

function kept(source: string): string {
  return maskCode(source).replace(/\s+/g, ' ').trim()
}

const CASES: readonly (readonly [source: string, code: string])[] = [
  ['a // KSR.x\nb', 'a b'],
  ['a /* KSR.x\n * */ b', 'a b'],
  ['a /* KSR.x', 'a'],
  ['f("KSR.x", \'KSR.y\')', 'f(" ", \' \')'],
  ['f("a\\"KSR.x")', 'f(" ")'],
  ['"KSR.x\nKSR.y', '" KSR.y'],
  ['`KSR.x €{KSR.y} KSR.z`', '` €{KSR.y} `'],
  ['`€{ { a: `€{KSR.x}` } } KSR.y` + KSR.z', '`€{ { a: `€{KSR.x}` } } ` + KSR.z'],
  ['x = /KSR.x/g; KSR.y', 'x = / /g; KSR.y'],
  ['x = /[/]KSR.x/; KSR.y', 'x = / /; KSR.y'],
  ['return /"/.test(KSR.x)', 'return / /.test(KSR.x)'],
  ['a / b / KSR.x', 'a / b / KSR.x'],
  ['f() / 2 + "KSR.x" / KSR.y', 'f() / 2 + " " / KSR.y'],
]

/** `€{` stands for what begins an expression in a template: in a string of ours it would look like a mistake. */
function written(text: string): string {
  return text.replaceAll('€', '$')
}

for (const [source, code] of CASES) {
  test(`${JSON.stringify(source)} is ${JSON.stringify(code)}`, () => {
    assert.equal(kept(written(source)), written(code))
  })
}

test('whatever the text, what is left is as long and on the same lines', () => {
  const piece = fc.constantFrom('"', "'", '`', '/', '*', '\\', '\n', '{', '}', '$', 'a', ' ', '[', ']', '=')
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const source = pieces.join('')
      const masked = maskCode(source)
      assert.equal(masked.length, source.length)
      assert.deepEqual(
        masked.split('\n').map((line) => line.length),
        source.split('\n').map((line) => line.length),
      )
    }),
  )
})
