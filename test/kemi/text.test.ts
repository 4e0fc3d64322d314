// Text of scripts: UTF-16 inside, bytes outside, and nothing lost between.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bytesOfScript, textOfScript } from '../../src/kemi/text.ts'

const bytes = fc.array(fc.integer({ min: 0, max: 255 })).map((codes) => String.fromCharCode(...codes))

test('any bytes come back as they were', () => {
  fc.assert(fc.property(bytes, (each) => bytesOfScript(textOfScript(each)) === each))
})

test('any text comes back as it was', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => textOfScript(bytesOfScript(text)) === text))
})

test('bytes that are UTF-8 are the text they mean', () => {
  assert.equal(textOfScript('h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80'), 'hé € 😀')
  assert.equal(bytesOfScript('hé € 😀'), 'h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80')
})

test('a byte that is no UTF-8 is a lone surrogate, and does not change its neighbours', () => {
  assert.equal(textOfScript('a\xffé'.replace('é', '\xc3\xa9')), 'a\udcffé')
  // The second half of a character, a character that is cut, one that is too long, a surrogate.
  for (const stray of ['\x80', '\xe2\x82', '\xc0\x80', '\xed\xa0\x80', '\xf5\x80\x80\x80']) {
    assert.equal(textOfScript(stray).length, stray.length)
    assert.equal(bytesOfScript(textOfScript(stray)), stray)
  }
})

test('half a character of a script is U+FFFD, as everywhere in Node', () => {
  assert.equal(bytesOfScript('x\ud83dy'), 'x\xef\xbf\xbdy')
})
