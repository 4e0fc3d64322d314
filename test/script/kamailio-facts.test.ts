// Expressions and scripts that Kamailio 5.6.3 was asked about, and what it answered: here they must come to the same. The answers are in
// facts/; where we differ on purpose there is no fact.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { compileText, HEAD, messagesOf, relayedBy, startScript } from './script-bus.ts'

interface ExpressionFacts {
  /** Assignments that come first. */
  readonly before: string
  /** Routes that the expressions call. */
  readonly routes: string
  /** An expression; what a variable holds to which it was assigned, 99 when it was not; whether `if` takes it. Null: a mistake. */
  readonly facts: readonly (readonly [
    expression: string,
    value: string | number | null,
    holds: boolean | null,
  ])[]
}

interface ScriptFacts {
  readonly routes: string
  /** A body and what it relayed. */
  readonly scripts: Readonly<Record<string, { readonly body: string; readonly relayed: readonly string[] }>>
}

function facts<Facts>(name: string): readonly Facts[] {
  return JSON.parse(readFileSync(new URL(`facts/${name}.json`, import.meta.url), 'latin1')) as Facts[]
}

/** What shows a value and its type: text grows by `+ "1"`, a number by 1. */
function shown(value: string | number): string {
  return typeof value === 'number' ? `${value}|${(value + 1) | 0}` : `${value}|${value}1`
}

describe('expressions come to what they come to in Kamailio', () => {
  for (const [position, group] of facts<ExpressionFacts>('expressions').entries()) {
    test(`as values, group ${position + 1}`, async () => {
      const asked = group.facts.filter(([, value]) => value !== null)
      await using bus = await startScript(`${HEAD}${group.routes}
        event_route[evapi:message-received] { ${group.before}
          ${asked
            .map(
              ([expression], number) => `$var(r) = 99; $var(r) = ${expression}; $var(t) = $var(r) + "1";
                evapi_relay("${number}:$var(r)|$var(t)");`,
            )
            .join('\n')}
        }`)
      const relayed = await relayedBy(bus, 'go')
      const answers = asked.map(([expression, value], number) => ({
        expression,
        came: relayed[number],
        wanted: `${number}:${shown(value ?? '')}`,
      }))
      assert.deepEqual(
        answers.filter(({ came, wanted }) => came !== wanted),
        [],
      )
    })

    test(`as conditions, group ${position + 1}`, async () => {
      const asked = group.facts.filter(([, , holds]) => holds !== null)
      await using bus = await startScript(`${HEAD}${group.routes}
        event_route[evapi:message-received] { ${group.before}
          ${asked
            .map(
              ([expression], number) =>
                `if (${expression}) evapi_relay("${number}:true"); else evapi_relay("${number}:false");`,
            )
            .join('\n')}
        }`)
      const relayed = await relayedBy(bus, 'go')
      const answers = asked.map(([expression, , holds], number) => ({
        expression,
        came: relayed[number],
        wanted: `${number}:${holds}`,
      }))
      assert.deepEqual(
        answers.filter(({ came, wanted }) => came !== wanted),
        [],
      )
    })

    test(`what is a mistake there is one here, group ${position + 1}`, () => {
      const wrong = group.facts.filter(([, value, holds]) => value === null || holds === null)
      const missed = wrong.filter(([expression]) => {
        const body = `$var(r) = ${expression}; if (${expression}) $var(r) = 1;`
        const { diagnostics } = compileText(`${HEAD}${group.routes}\nroute[X] { ${body} }`)
        return diagnostics.errors.length === 0
      })
      assert.deepEqual(missed, [])
    })
  }
})

describe('scripts relay what they relay in Kamailio', () => {
  for (const { routes, scripts } of facts<ScriptFacts>('scripts')) {
    test(`${Object.keys(scripts).length} bodies`, async () => {
      const names = Object.keys(scripts)
      const text = `${HEAD}loadmodule "xlog.so"\nloadmodule "kex.so"\n${routes}
        ${names.map((name) => `route[T${name}] { ${scripts[name]?.body}; evapi_relay("${name}|END rc=$rc"); }`).join('\n')}
        event_route[evapi:message-received] {
          $var(n) = "T" + $evapi(msg);
          evapi_relay("$evapi(msg)|BEGIN");
          route($var(n));
          evapi_relay("$evapi(msg)|AFTER rc=$rc");
        }`
      const { diagnostics } = compileText(text)
      assert.deepEqual(
        messagesOf(diagnostics).filter((message) => message.includes('error')),
        [],
      )
      await using bus = await startScript(text)
      const relayed = await relayedBy(bus, ...names)
      const answers = names.map((name) => ({
        body: scripts[name]?.body,
        came: relayed
          .filter((text) => text.startsWith(`${name}|`))
          .map((text) => text.slice(name.length + 1)),
        wanted: scripts[name]?.relayed,
      }))
      assert.deepEqual(
        answers.filter(({ came, wanted }) => JSON.stringify(came) !== JSON.stringify(wanted)),
        [],
      )
    })
  }
})
