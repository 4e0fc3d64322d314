// KSR.hdr: the headers of a request, as scripts in JavaScript ask for them (the core of Kamailio has these for KEMI alone). A
// change is one of the request that Kamailio would forward; nothing is forwarded here, and the request that routes see stays as it came, there
// as here. So a change is checked and has no other effect. append_to_reply() has.

import type { RouteContext } from '../core/context.ts'
import { defineKemiFunction, defineModule } from '../core/module.ts'
import { NULL_TEXT } from '../core/templates.ts'
import { lowerCase } from '../sip/header-names.ts'
import { RequestContext } from '../tm/request-context.ts'
import { isHeaderLines } from './textops.ts'

const NAME = { name: 'hname', type: 'string' } as const
const INDEX = { name: 'idx', type: 'integer' } as const
const TEXT = { name: 'txt', type: 'string' } as const

/** Scripts write `X-A ` for X-A, and get it. */
function first(ctx: RouteContext, name: string): string | undefined {
  return ctx instanceof RequestContext ? ctx.request.header(name.trim()) : undefined
}

function at(ctx: RouteContext, name: string, index: number): string | undefined {
  return ctx instanceof RequestContext ? ctx.request.headers(name.trim()).at(index) : undefined
}

/** What stands for lines that would go into a request that is forwarded. */
const change = (ctx: RouteContext) => (ctx instanceof RequestContext ? 1 : -1)

const CHANGES = 'has no effect: no request is forwarded. False when there is none.'

/** How a header line is compared, without regard to case. */
const OPERATORS: Readonly<Record<string, (line: string, value: string) => boolean>> = {
  eq: (line, value) => line === value,
  ne: (line, value) => line !== value,
  sw: (line, value) => line.startsWith(value),
  in: (line, value) => line.includes(value),
}

/** Which lines of a name count. */
const CHOICES: Readonly<Record<string, (lines: readonly boolean[]) => boolean>> = {
  f: (lines) => lines.at(0) ?? false,
  l: (lines) => lines.at(-1) ?? false,
  a: (lines) => lines.length > 0 && lines.every(Boolean),
  o: (lines) => lines.some(Boolean),
}

export const hdr = defineModule({
  name: 'kemi_hdr',
  kemiName: 'hdr',
  kemi: {
    get: defineKemiFunction({
      parameters: [NAME],
      returns: 'value',
      doc: 'The first line of a header; null when there is none.',
      call: (ctx, name) => first(ctx, name) ?? null,
    }),
    gete: defineKemiFunction({
      parameters: [NAME],
      returns: 'value',
      doc: 'The first line of a header; an empty text when there is none.',
      call: (ctx, name) => first(ctx, name) ?? '',
    }),
    getw: defineKemiFunction({
      parameters: [NAME],
      returns: 'value',
      doc: 'The first line of a header; the text `<null>` when there is none.',
      call: (ctx, name) => first(ctx, name) ?? NULL_TEXT,
    }),
    get_idx: defineKemiFunction({
      parameters: [NAME, INDEX],
      returns: 'value',
      doc: 'A line of a header by its number, from 0; from the end if negative. Null when there is none.',
      call: (ctx, name, index) => at(ctx, name, index) ?? null,
    }),
    gete_idx: defineKemiFunction({
      parameters: [NAME, INDEX],
      returns: 'value',
      doc: 'As get_idx(); an empty text when there is none.',
      call: (ctx, name, index) => at(ctx, name, index) ?? '',
    }),
    getw_idx: defineKemiFunction({
      parameters: [NAME, INDEX],
      returns: 'value',
      doc: 'As get_idx(); the text `<null>` when there is none.',
      call: (ctx, name, index) => at(ctx, name, index) ?? NULL_TEXT,
    }),
    is_present: defineKemiFunction({
      parameters: [NAME],
      returns: 'integer',
      doc: 'Whether the request has a header.',
      call: (ctx, name) => (first(ctx, name) === undefined ? -1 : 1),
    }),
    match_content: defineKemiFunction({
      parameters: [
        NAME,
        { name: 'op', type: 'string' },
        { name: 'mval', type: 'string' },
        { name: 'hi', type: 'string' },
      ],
      returns: 'boolean',
      doc: 'Compares a header with a text, without regard to case. op: eq, ne, sw (starts with) or in (contains). hi, which lines: f the first, l the last, a all, o one of them.',
      call(ctx, name, op, value, hi) {
        if (!(ctx instanceof RequestContext)) return false
        const compare = Object.hasOwn(OPERATORS, op) ? OPERATORS[op] : undefined
        const choose = Object.hasOwn(CHOICES, hi) ? CHOICES[hi] : undefined
        if (!compare || !choose) {
          ctx.log.error({ op, hi }, 'match_content: op is eq, ne, sw or in, and hi is f, l, a or o')
          return false
        }
        const wanted = lowerCase(value)
        return choose(ctx.request.headers(name.trim()).map((line) => compare(lowerCase(line), wanted)))
      },
    }),
    append_to_reply: defineKemiFunction({
      parameters: [TEXT],
      returns: 'integer',
      doc: 'Appends header lines, each with its CRLF, to the replies to this request. False when they are no header lines, or lines that every reply has by itself.',
      call(ctx, text) {
        if (!(ctx instanceof RequestContext) || !isHeaderLines(text)) return -1
        ctx.appendToReply(text)
        return 1
      },
    }),
    append: defineKemiFunction({
      parameters: [TEXT],
      returns: 'integer',
      doc: `Header lines after the last one of the request: ${CHANGES}`,
      call: change,
    }),
    append_after: defineKemiFunction({
      parameters: [TEXT, NAME],
      returns: 'integer',
      doc: `Header lines after a header: ${CHANGES}`,
      call: change,
    }),
    insert: defineKemiFunction({
      parameters: [TEXT],
      returns: 'integer',
      doc: `Header lines before the first one of the request: ${CHANGES}`,
      call: change,
    }),
    insert_before: defineKemiFunction({
      parameters: [TEXT, NAME],
      returns: 'integer',
      doc: `Header lines before a header: ${CHANGES}`,
      call: change,
    }),
    remove: defineKemiFunction({
      parameters: [NAME],
      returns: 'integer',
      doc: `Takes a header out of the request: ${CHANGES}`,
      call: change,
    }),
    rmappend: defineKemiFunction({
      parameters: [
        { name: 'hrm', type: 'string' },
        { name: 'hadd', type: 'string' },
      ],
      returns: 'integer',
      doc: `Takes a header out and appends lines: ${CHANGES}`,
      call: change,
    }),
    rminsert: defineKemiFunction({
      parameters: [
        { name: 'hrm', type: 'string' },
        { name: 'hadd', type: 'string' },
      ],
      returns: 'integer',
      doc: `Takes a header out and inserts lines: ${CHANGES}`,
      call: change,
    }),
  },
})
