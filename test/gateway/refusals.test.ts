// The parts of the guard by themselves: lists of tokens, names of sites, and how often a refusal is told.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Complaints } from '../../src/gateway/complaints.ts'
import { isHostName, isLoopback, isOrigin, Sites } from '../../src/gateway/site.ts'
import { parseTokens, Tokens } from '../../src/gateway/tokens.ts'

describe('tokens', () => {
  const token = fc.stringMatching(/^[A-Za-z0-9._~+/-]{16,40}={0,2}$/)

  test('only the very text of a token has its scope', () => {
    fc.assert(
      fc.property(fc.uniqueArray(token, { minLength: 1, maxLength: 5 }), fc.string(), (all, text) => {
        const tokens = new Tokens(all.map((each) => ({ scope: 'read', token: each, name: '' })))
        for (const each of all) assert.equal(tokens.scopeOf(each), 'read')
        assert.equal(tokens.scopeOf(text), all.includes(text) ? 'read' : undefined)
        for (const each of all) assert.equal(tokens.scopeOf(each.slice(1)), undefined)
      }),
    )
  })

  test('a file of any text is read or refused, each mistake with its line, and no message shows what was in it', () => {
    const word = fc.oneof(fc.constantFrom('read', 'admin', '#', '# x', '\t', '  ', '\r'), token, fc.string())
    const line = fc.array(word, { maxLength: 4 }).map((words) => words.join(' '))
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const mistakes: string[] = []
        const found = parseTokens(lines.join('\n'), 'FILE', mistakes)
        assert.ok(found.length > 0 || mistakes.length > 0)
        const patterns =
          /^FILE(:\d+)?: (?:a line begins with|there is no token|a token has|the token of line \d+ again)/
        for (const mistake of mistakes) assert.match(mistake, patterns)
        for (const each of found) assert.ok(each.token.length >= 16)
      }),
    )
  })
})

describe('sites', () => {
  test('an origin has a scheme and a host and no more; the word for all of them is any', () => {
    for (const right of [
      'https://a.example',
      'http://127.0.0.1:8480',
      'https://[::1]:1',
      'capacitor://localhost',
      'any',
    ])
      assert.ok(isOrigin(right), right)
    for (const wrong of [
      '*',
      'null',
      'a.example',
      'https://a.example/',
      'https://*.a.example',
      'https://A.example',
      'https://u@a',
      '',
    ])
      assert.ok(!isOrigin(wrong), wrong)
    for (const right of ['bus', 'Bus.example', 'a-b_c.d']) assert.ok(isHostName(right), right)
    for (const wrong of ['', '.a', 'a.', 'a:1', 'a/b', 'a b']) assert.ok(!isHostName(wrong), wrong)
  })

  test('nothing but the own origin, scheme and port included, is the gateway’s own', () => {
    const sites = new Sites({ origins: ['https://ok.example'], hosts: [], loopback: true })
    assert.equal(sites.relationOf('http://localhost:8480', 'localhost:8480', false), 'own')
    assert.equal(sites.relationOf('http://localhost:8480', 'localhost:8480', true), 'foreign')
    assert.equal(sites.relationOf('http://localhost', 'localhost:8480', false), 'foreign')
    assert.equal(sites.relationOf('https://ok.example', 'localhost:8480', false), 'listed')
    assert.equal(sites.relationOf('https://ok.example.evil', 'localhost:8480', false), 'foreign')
    assert.equal(sites.relationOf('', '', false), 'foreign')
  })

  test('only addresses that no other machine reaches are loopback', () => {
    for (const address of ['127.0.0.1', '127.9.9.9', '::1']) assert.ok(isLoopback(address), address)
    for (const address of [
      '0.0.0.0',
      '::',
      '10.0.0.1',
      '192.168.1.1',
      'fe80::1',
      '128.0.0.1',
      'localhost',
      '',
    ])
      assert.ok(!isLoopback(address), address)
  })
})

describe('complaints', () => {
  test('an address has one line a second, with how many there were, and very many addresses share theirs', () => {
    const told: string[] = []
    const complaints = new Complaints((address, _why, more) => void told.push(`${address} ${more}`))
    for (const now of [0, 1, 500, 999, 1000]) complaints.note('a', 'why', now)
    complaints.note('b', 'why', 1)
    assert.deepEqual(told, ['a 0', 'a 3', 'b 0'])
    told.length = 0
    for (let number = 0; number < 5000; number++) complaints.note(`n${number}`, 'why', 1500)
    assert.ok(told.length <= 1025, `${told.length} lines`)
    complaints.note('later', 'why', 9999)
    assert.equal(told.at(-1), 'later 0')
  })
})
